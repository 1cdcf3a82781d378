export const home = () => ["Home", "Take a note."];
