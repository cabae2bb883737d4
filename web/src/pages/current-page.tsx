import { currentAddress } from '../address/current-address.ts';
import { Empty } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { ServicesPage } from './services-page.tsx';

const NotHere = ({ what }: { readonly what: string }) => (
  <>
    <PageHead title="Not here" />
    <Empty>
      <p>{what}</p>
      <a href="#/services">To the services</a>
    </Empty>
  </>
);

/** The page that the address names. */
export const CurrentPage = () => {
  const [place = 'services'] = currentAddress.value.path;
  switch (place) {
    case 'services':
      return <ServicesPage />;
    default:
      return <NotHere what="There is no such page." />;
  }
};
