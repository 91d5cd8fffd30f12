//! What happens beside the attackers in a tenant that all rules look at, on both sides of each.

use super::{CLIENTS, HOUR, call, user_id};
use crate::event::Event;
use crate::random::Random;

/// The client that a token of another one was exchanged for.
const BORROWED: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// An application that `first-client` leaves out.
const EXCLUDED: &str = "18ed3507-a475-4ccb-b669-d66bc9f2a36e";

/// Each calls some collections, a second apart.
fn visit(
    out: &mut Vec<Event>,
    random: &mut Random,
    (from, collections): (i64, &[&str]),
    address: &str,
    (user, app, agent): (&str, &str, &str),
) {
    for (at, collection) in (0..).zip(collections) {
        let mut event = call(random, from + at * 1000, collection, 200, address);
        event.users = vec![user.to_owned()];
        event.app_ids = vec![app.to_owned()];
        event.user_agents = vec![agent.to_owned()];
        out.push(event);
    }
}

/// All of it, in the hours from a time on.
pub(super) fn all(out: &mut Vec<Event>, random: &mut Random, from: i64) {
    let [ana, ben, eve] = [3, 4, 6].map(user_id);
    // As these users of the background call all week: application, agent, address.
    let usual = |user: u64| CLIENTS[usize::try_from(user % 3).unwrap_or(0)];
    let (of_ana, of_ben, of_eve) = (usual(3), usual(4), usual(6));
    let four = ["users", "groups", "devices", "contacts"];
    // A token of Ana's is used by another client, from her own address.
    let client = (ana.as_str(), BORROWED, of_ana.1);
    visit(out, random, (from + HOUR, &["me"]), "192.0.2.3", client);
    // Ben calls from a hoster.
    let client = (ben.as_str(), of_ben.0, of_ben.1);
    visit(
        out,
        random,
        (from + 2 * HOUR, &["me", "users"]),
        "203.0.113.66",
        client,
    );
    // Eve tries something out: a script of four kinds of objects, one too few.
    let client = (eve.as_str(), of_eve.0, "Python/3.12 aiohttp/3.10.1");
    visit(out, random, (from + 3 * HOUR, &four), "192.0.2.6", client);
    // An application that is new to many, and is left out.
    let client = (eve.as_str(), EXCLUDED, of_eve.1);
    visit(out, random, (from + 4 * HOUR, &["me"]), "192.0.2.6", client);
    // A service of the tenant's own is written in Python: no person.
    let service = (user_id(9), CLIENTS[3].0, "python-requests/2.32.3");
    let before = out.len();
    let client = (service.0.as_str(), service.1, service.2);
    visit(out, random, (from + 5 * HOUR, &four), "192.0.2.9", client);
    out[before..]
        .iter_mut()
        .for_each(|event| event.service_principal = true);
}
