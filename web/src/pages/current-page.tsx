import { currentAddress } from '../address/current-address.ts';
import { Empty } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { DeliveryPage } from './delivery-page.tsx';
import { DeploymentPage } from './deployment-page.tsx';
import { DeploymentsPage } from './deployments-page.tsx';
import { HealthPage } from './health-page.tsx';
import { HooksPage } from './hooks-page.tsx';
import { OverviewPage } from './overview-page.tsx';
import { RunPage } from './run-page.tsx';
import { ServicePage } from './service-page.tsx';
import { ServicesPage } from './services-page.tsx';
import { SmartRedeployPage } from './smart-redeploy-page.tsx';
import { WaitingPage } from './waiting-page.tsx';

const NotHere = () => (
  <>
    <PageHead title="Not here" />
    <Empty>
      <p>This page does not exist.</p>
      <a href="#/">To the overview</a>
    </Empty>
  </>
);

/** The page for the current address. */
export const CurrentPage = () => {
  const [place = 'overview', first, second] = currentAddress.value.path;
  switch (place) {
    case 'overview':
      return <OverviewPage />;
    case 'services':
      return first === undefined || second === undefined ? (
        <ServicesPage />
      ) : (
        <ServicePage key={`${first}/${second}`} cluster={first} name={second} />
      );
    case 'waiting':
      return <WaitingPage />;
    case 'deployments':
      return first === undefined ? <DeploymentsPage /> : <DeploymentPage key={first} id={first} />;
    case 'smart-redeploy':
      return first === undefined ? <SmartRedeployPage /> : <RunPage key={first} id={first} />;
    case 'hooks':
      return first === undefined ? <HooksPage /> : <DeliveryPage key={first} id={first} />;
    case 'health':
      return <HealthPage />;
    default:
      return <NotHere />;
  }
};
