//! How a state may be written, compared: whole each time, in pages of facts, or grown by what is new.
//!
//! `SEGFLOW_CUSTOMERS` (default 50,000) get `SEGFLOW_EVENTS` (default 1,000,000) facts of about 110 bytes, in commits of 3,000,
//! each with a head of about 150 bytes. Then every row is compacted, and 20,000 customers are read at random.
//!
//! `cargo bench --profile release -p segflow-store --bench layouts`

use std::time::Instant;

use segflow_store::{Batch, Store, StoreMemory, StoreSettings, grown};

const COMMIT: usize = 3_000;
const READS: u64 = 20_000;
const MARK: u8 = 5;
/// A page of facts is rewritten until it has so many bytes.
const PAGE: usize = 1_024;

fn scale(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a whole number"))
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Bytes that compress about as well as facts do: a third of them says something.
    fn bytes(&mut self, length: u64) -> Vec<u8> {
        (0..length).map(|place| if place % 3 == 0 { self.next(256).to_le_bytes()[0] } else { b'0' }).collect()
    }
}

/// A way to write a customer's facts, of which `facts` are all, the new one last.
struct Layout {
    name: &'static str,
    write: fn(&mut Batch<'_>, &str, &[u8], &[Vec<u8>]),
    read: fn(&Store, &str, usize) -> usize,
}

const LAYOUTS: [Layout; 3] = [
    Layout { name: "whole", write: write_whole, read: read_one },
    Layout { name: "pages", write: write_page, read: read_pages },
    Layout { name: "grown", write: write_grown, read: read_one },
];

fn write_whole(batch: &mut Batch<'_>, id: &str, head: &[u8], facts: &[Vec<u8>]) {
    let tail: Vec<&[u8]> = facts.iter().map(Vec::as_slice).collect();
    batch.put_customer(id.as_bytes(), &grown::encode(MARK, head, &tail));
}

fn write_grown(batch: &mut Batch<'_>, id: &str, head: &[u8], facts: &[Vec<u8>]) {
    match facts {
        [first] => batch.put_customer(id.as_bytes(), &grown::encode(MARK, head, &[first])),
        [.., last] => batch.add_to_customer(id.as_bytes(), &grown::encode(MARK, head, &[last])),
        [] => {}
    }
}

fn pages(facts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut pages: Vec<Vec<u8>> = Vec::new();
    for fact in facts {
        match pages.last_mut().filter(|page| page.len() < PAGE) {
            Some(page) => page.extend(fact),
            None => pages.push(fact.clone()),
        }
    }
    pages
}

fn page_key(id: &str, page: usize) -> Vec<u8> {
    format!("{id}\0{page:04}").into_bytes()
}

fn write_page(batch: &mut Batch<'_>, id: &str, head: &[u8], facts: &[Vec<u8>]) {
    let pages = pages(facts);
    batch.put_customer(id.as_bytes(), head);
    if let Some((page, bytes)) = pages.iter().enumerate().next_back() {
        batch.put_customer(&page_key(id, page), bytes);
    }
}

fn read_one(store: &Store, id: &str, _: usize) -> usize {
    store.customer(id.as_bytes()).expect("a readable store").map_or(0, |bytes| bytes.len())
}

fn read_pages(store: &Store, id: &str, count: usize) -> usize {
    let keys = std::iter::once(id.as_bytes().to_vec()).chain((0..count).map(|page| page_key(id, page)));
    keys.map(|key| store.customer(&key).expect("a readable store").map_or(0, |bytes| bytes.len())).sum()
}

/// Bytes that this process has had written, and the seconds of its CPU.
fn spent() -> (u64, f64) {
    let io = std::fs::read_to_string("/proc/self/io").expect("Linux");
    let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).expect("a line of Linux");
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: u32 = fields[11].parse::<u32>().expect("ticks") + fields[12].parse::<u32>().expect("ticks");
    (written.parse().expect("a number"), f64::from(ticks) / 100.0)
}

fn measure(layout: &Layout) {
    let (customers, events) = (scale("SEGFLOW_CUSTOMERS", 50_000), scale("SEGFLOW_EVENTS", 1_000_000));
    let directory = tempfile::tempdir().expect("a directory");
    let memory = StoreMemory::new(StoreSettings { reserve_bytes: 0, ..StoreSettings::default() });
    let store = Store::open(directory.path(), &memory).expect("a store");
    let mut numbers = Numbers(7);
    let mut facts: Vec<Vec<Vec<u8>>> = vec![Vec::new(); usize::try_from(customers).expect("a number of customers")];
    let mut written = 0;
    let (bytes_before, cpu_before) = spent();
    let mut making = 0.0;
    while written < events {
        let began = Instant::now();
        let touched: Vec<(usize, Vec<u8>)> = (0..COMMIT)
            .map(|_| {
                let customer = usize::try_from(numbers.next(customers)).expect("a place");
                let length = 80 + numbers.next(60);
                facts[customer].push(numbers.bytes(length));
                (customer, numbers.bytes(150))
            })
            .collect();
        making += began.elapsed().as_secs_f64();
        let mut batch = Batch::new(&store);
        for (customer, head) in &touched {
            (layout.write)(&mut batch, &format!("C-{customer:08}"), head, &facts[*customer]);
        }
        store.write(&batch.encode()).expect("room on the disk");
        written += COMMIT as u64;
    }
    let (_, cpu) = spent();
    store.compact().expect("a compaction");
    let (bytes, cpu_compacted) = spent();
    let began = Instant::now();
    let mut read = 0;
    for _ in 0..READS {
        let customer = usize::try_from(numbers.next(customers)).expect("a place");
        read += (layout.read)(&store, &format!("C-{customer:08}"), pages(&facts[customer]).len());
    }
    let reading = began.elapsed().as_secs_f64() / READS as f64 * 1e6;
    let began = Instant::now();
    let rows = store.rows().count();
    let scanning = began.elapsed().as_secs_f64();
    let size: u64 = std::fs::read_dir(directory.path())
        .expect("its files")
        .map(|file| file.and_then(|file| file.metadata()).map_or(0, |data| data.len()))
        .sum();
    println!(
        "{}: {} B written an event, {:.2} us of CPU an event, {:.2} with the last compaction; {} B read in {reading:.1} us a \
         customer; {rows} rows of {} MiB, all read in {scanning:.1} s",
        layout.name,
        (bytes - bytes_before) / written,
        (cpu - cpu_before - making) / written as f64 * 1e6,
        (cpu_compacted - cpu_before - making) / written as f64 * 1e6,
        read as u64 / READS,
        size >> 20,
    );
}

fn main() {
    LAYOUTS.iter().for_each(measure);
}
