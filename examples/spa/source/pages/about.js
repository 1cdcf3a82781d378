export const about = () => ["About", "A page of a few routes."];
