// The way from the hospital's sign-in to the ward. A redirect would still count as begun by another site, and the browser
// would keep the session's cookie back.

location.replace("/");
