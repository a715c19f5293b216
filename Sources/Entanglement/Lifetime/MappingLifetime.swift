// SPDX-License-Identifier: Apache-2.0

/// How long the way in front of this node remembers who was called, as far as it was measured.
///
/// The way is a router's mapping (IPv4) or a firewall's flow; PROTOCOL.md §7.5 says how it is measured.
public struct MappingLifetime: Sendable, Equatable {
    /// Where others saw this node when it was measured.
    public var address: IPAddress
    /// The longest rest after which a late answer still came in; nil: none that was tried.
    public var outlasted: Duration?
    /// The shortest rest after which none came in; nil: all that were tried were outlasted.
    public var endedWithin: Duration?

    /// What was measured, one of the two at least.
    public init(address: IPAddress, outlasted: Duration?, endedWithin: Duration?) {
        self.address = address
        self.outlasted = outlasted
        self.endedWithin = endedWithin
    }

    /// How long a path may rest: just inside of what was outlasted.
    public var rest: Duration {
        self.outlasted.map(Self.inside) ?? Constants.keepaliveIntervalMin
    }

    /// The rest that fits a tested one: 9, 27, 55 and 110 s for 10, 30, 60 and 120 s.
    static func inside(_ tested: Duration) -> Duration {
        let step = Constants.restSteps.first { $0.tested >= tested }
        return step?.kept ?? Constants.keepaliveIntervalMin
    }

    /// Which rest is to be tested next, after what is known; nil: nothing is left to learn.
    static func next(after known: MappingLifetime?) -> Duration? {
        guard let known else { return Constants.restFirst }
        switch (known.outlasted, known.endedWithin) {
        case (let outlasted?, nil):
            return Constants.restSteps.map(\.tested).first { $0 > outlasted }
        case (nil, let ended?):
            return Constants.restSteps.map(\.tested).last { $0 < ended }
        case (.some, .some), (nil, nil): return nil
        }
    }
}
