// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Tells when the machine's addresses or default routes change.
///
/// On Linux the kernel tells (netlink); where that is not allowed, and on other systems, the
/// interfaces are compared every 5 seconds. A burst of changes gives one call, after it has
/// settled; news that changed nothing (renewed lifetimes, a scan for networks) give none.
public struct NetworkWatch: Sendable {
    private var last: NetworkState

    /// A watch that compares with the state of this moment.
    public init() {
        self.last = .current()
    }

    /// Watches until the task is cancelled.
    ///
    /// `stirred` is called at once for news of a default route of IPv4, where the kernel tells; for
    /// more than four in 50 ms once at their end. `linked` is called instead of `changed` where only links
    /// came or went that no way out leads by.
    public mutating func run(
        stirred: @escaping @Sendable () -> Void = {}, linked: @Sendable () -> Void = {},
        _ changed: @Sendable () -> Void
    ) async {
        while !Task.isCancelled {
            if let reader = await NetlinkReader.open(stirred: stirred) {
                // What happened between the last look and the opening is found here.
                self.compare(after: .maybe, linked, changed)
                await self.follow(reader, linked, changed)
                reader.close()
            }
            guard (try? await Task.sleep(for: Limits.pollingInterval)) != nil else { return }
            self.compare(after: .maybe, linked, changed)
        }
    }

    private mutating func follow(
        _ reader: NetlinkReader, _ linked: @Sendable () -> Void, _ changed: @Sendable () -> Void
    ) async {
        for await news in reader.news {
            guard (try? await Task.sleep(for: Limits.settlingTime)) != nil else { return }
            self.compare(after: news, linked, changed)
        }
    }

    private mutating func compare(
        after news: Netlink.News, _ linked: () -> Void, _ changed: () -> Void
    ) {
        let now = NetworkState.current()
        let change = news == .loss ? .network : now.change(since: self.last)
        self.last = now
        switch change {
        case .network: changed()
        case .links: linked()
        case nil: break
        }
    }
}
