import { familiarImage } from '../words/digest-words.ts';
import { visibleText } from '../words/visible-text.ts';

/** An image as people write it, with a dimmed registry. It breaks only between the parts of its name. */
export const ImageName = ({ image }: { readonly image: string }) => {
  const parts = visibleText(familiarImage(image)).split('/');
  const hasHost = parts.length > 1 && /[.:]|^localhost$/.test(parts[0] ?? '');
  return (
    <span class="image">
      {parts.map((part, index) => {
        const text = index === parts.length - 1 ? part : `${part}/`;
        return (
          <>
            {index > 0 && <wbr />}
            {hasHost && index === 0 ? <span class="faint">{text}</span> : text}
          </>
        );
      })}
    </span>
  );
};
