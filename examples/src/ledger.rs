// A ledger in Rust with its standard library. It applies the orders of its standard input to the accounts of
// /accounts.csv. An order for an account whose line was skipped panics, a long way from the line that is to blame.
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fs;
use std::io::{self, BufRead};
use std::rc::{Rc, Weak};

#[derive(Clone, Debug, PartialEq)]
enum Limit {
    Unlimited,
    Credit(i64),
    Daily { amount: i64, days: u8 },
}

struct Account {
    name: String,
    balance: i64,
    limit: Limit,
    tags: Vec<String>,
    guardian: Option<Weak<RefCell<Account>>>,
}

type Shared = Rc<RefCell<Account>>;

struct Ledger {
    accounts: HashMap<String, Shared>,
    by_balance: BTreeMap<i64, Vec<String>>,
    frozen: HashSet<u32>,
    tags: BTreeSet<String>,
    recent: VecDeque<(u32, i64)>,
    applied: Cell<u32>,
}

fn parse(line: &str) -> Option<Account> {
    let mut fields = line.split(',');
    let name = fields.next()?.to_string();
    let balance = fields.next()?.trim().parse::<i64>().ok()?;
    let limit = match fields.next()? {
        "" => Limit::Unlimited,
        text => match text.split_once('/') {
            Some((amount, days)) => Limit::Daily {
                amount: amount.parse().ok()?,
                days: days.parse().ok()?,
            },
            None => Limit::Credit(text.parse().ok()?),
        },
    };
    let tags = fields.map(str::to_string).collect();
    Some(Account { name, balance, limit, tags, guardian: None })
}

fn read_ledger(text: &str) -> Ledger {
    let mut ledger = Ledger {
        accounts: HashMap::new(),
        by_balance: BTreeMap::new(),
        frozen: HashSet::from([7, 11, 13]),
        tags: BTreeSet::new(),
        recent: VecDeque::with_capacity(3),
        applied: Cell::new(0),
    };
    let mut guardian: Option<Shared> = None;
    for line in text.lines() {
        if let Some(mut account) = parse(line) {
            account.guardian = guardian.as_ref().map(Rc::downgrade);
            ledger.tags.extend(account.tags.iter().cloned());
            ledger.by_balance.entry(account.balance).or_default().push(account.name.clone());
            let name = account.name.clone();
            let shared = Rc::new(RefCell::new(account));
            guardian.get_or_insert_with(|| shared.clone());
            ledger.accounts.insert(name, shared);
        }
    }
    ledger
}

fn apply(ledger: &mut Ledger, number: u32, order: &str) -> i64 {
    let (name, amount) = order.split_once(' ').expect("an order is a name and an amount");
    let amount: i64 = amount.parse().expect("an amount is a number");
    let shared = ledger.accounts.get(name).unwrap();
    let mut account = shared.borrow_mut();
    account.balance += amount;
    if ledger.recent.len() == 3 {
        ledger.recent.pop_front();
    }
    ledger.recent.push_back((number, amount));
    ledger.applied.set(ledger.applied.get() + 1);
    account.balance
}

fn main() {
    let text = fs::read_to_string("/accounts.csv").expect("accounts.csv");
    let mut ledger = read_ledger(&text);
    println!("{} accounts, {} tags", ledger.accounts.len(), ledger.tags.len());
    for (i, line) in io::stdin().lock().lines().enumerate() {
        let order = line.expect("standard input");
        let balance = apply(&mut ledger, i as u32 + 1, &order);
        println!("{order}: {balance}");
    }
    for (name, account) in &ledger.accounts {
        let guardian = account.borrow().guardian.as_ref().and_then(Weak::upgrade);
        println!("{name} {:?} {}", account.borrow().limit, guardian.is_some());
    }
    println!("{:?} {}", ledger.by_balance, ledger.frozen.contains(&7));
}
