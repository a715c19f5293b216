// SPDX-License-Identifier: Apache-2.0
import Entanglement
import MainlineDHT

/// The ways by which notes are left and sought, as far as somebody switched them on.
final class LastResorts: Sendable {
    private let driver: DHTDriver?
    private let dht: LastResortLane?
    private let deadDrop: LastResortLane?

    /// Those of these settings; nobody is asked, and nothing is started, before a note is due.
    init(settings: NodeSettings) throws(NodeError) {
        if let entries = settings.dhtEntries {
            let isIPv6 = settings.listen.allSatisfy(\.address.isIPv6)
            guard !entries.isEmpty,
                let dht = DHTSettings(
                    entries: entries, isIPv6: isIPv6, allowsLocal: settings.allowsLoopback)
            else { throw .badDHTNode(limit: LastResortLimits.entryNodeCount) }
            let driver = DHTDriver(dht)
            self.driver = driver
            self.dht = LastResortLane(DHTWay(driver: driver))
        } else {
            self.driver = nil
            self.dht = nil
        }
        do throws(DeadDropError) {
            self.deadDrop = try settings.deadDrop.map { command throws(DeadDropError) in
                LastResortLane(DeadDropWay(drop: try DeadDrop(command: command)))
            }
        } catch {
            throw .badDeadDrop
        }
    }

    /// Whether there is any.
    var isOn: Bool { self.dht != nil || self.deadDrop != nil }

    /// What was done by them.
    var report: LastResortReport {
        LastResortReport(dht: self.dht?.report, deadDrop: self.deadDrop?.report)
    }

    /// What was said to nodes of the DHT.
    var counters: [(name: String, count: UInt64)] {
        guard let counters = self.driver?.counters else { return [] }
        return [
            ("dhtSent", counters.sent), ("dhtAnswered", counters.answered),
            ("dhtUnanswered", counters.unanswered), ("dhtStrange", counters.strange),
            ("dhtLies", counters.lies),
        ]
    }

    /// Takes a job for every way; false when one of them has too much to do.
    func offer(_ job: LastResortJob) -> Bool {
        let taken = [self.dht, self.deadDrop].compactMap { $0?.offer(job) }
        return !taken.contains(false)
    }

    /// The own network is another one.
    func networkChanged() {
        self.driver?.networkChanged()
    }

    /// Does what comes until the task is cancelled; `tell` hears what the core must know.
    func run(tell: @escaping @Sendable (Input) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            if let driver { group.addTask { await driver.run() } }
            if let dht { group.addTask { await dht.run(tell: tell) } }
            if let deadDrop { group.addTask { await deadDrop.run(tell: tell) } }
            await group.waitForAll()
        }
    }
}
