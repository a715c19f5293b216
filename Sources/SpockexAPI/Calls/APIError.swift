// SPDX-License-Identifier: Apache-2.0

/// What went wrong, for programs (the code) and for people (one sentence each).
///
/// On the wire and on standard output it is `{"error":{"code":…,"hint":…,"message":…}}`;
/// `mustChoose` has `clusters` beside these.
public struct APIError: Error, Sendable, Equatable {
    /// The kind of error; stable.
    public var code: Code
    /// One sentence: what went wrong.
    public var message: String
    /// One sentence: what to do next.
    public var hint: String
    /// The clusters from which one is to be chosen; nil: nothing is to be chosen.
    public var clusters: [ClusterChoice]?

    /// An error of that kind.
    public init(
        _ code: Code, _ message: String, hint: String, clusters: [ClusterChoice]? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.clusters = clusters
    }
}

extension APIError: Codable {
    private enum OuterKeys: String, CodingKey {
        case error
    }
    private enum InnerKeys: String, CodingKey {
        case code, message, hint, clusters
    }

    /// Reads the object; an unknown code is an internal error.
    public init(from decoder: any Decoder) throws {
        let outer = try decoder.container(keyedBy: OuterKeys.self)
        let inner = try outer.nestedContainer(keyedBy: InnerKeys.self, forKey: .error)
        self.code = Code(rawValue: try inner.decode(String.self, forKey: .code)) ?? .internalError
        self.message = try inner.decode(String.self, forKey: .message)
        self.hint = try inner.decode(String.self, forKey: .hint)
        self.clusters = try inner.decodeIfPresent([ClusterChoice].self, forKey: .clusters)
    }

    /// Writes the object.
    public func encode(to encoder: any Encoder) throws {
        var outer = encoder.container(keyedBy: OuterKeys.self)
        var inner = outer.nestedContainer(keyedBy: InnerKeys.self, forKey: .error)
        try inner.encode(self.code.rawValue, forKey: .code)
        try inner.encode(self.message, forKey: .message)
        try inner.encode(self.hint, forKey: .hint)
        try inner.encodeIfPresent(self.clusters, forKey: .clusters)
    }
}

extension APIError {
    /// The kinds of errors; docs/COMMANDS.md lists them with their exit codes.
    public enum Code: String, Sendable, CaseIterable {
        /// Wrong use of the command line.
        case usage
        /// A name or beginning of an id fits more than one.
        case ambiguous
        /// A name that is too long or has control or bidirectional characters.
        case badName
        /// An endpoint that cannot be shown to another.
        case badHost
        /// A life of an offer outside of 10 seconds to 24 hours.
        case badLife
        /// No such peer, pairing or cluster.
        case notFound
        /// A file that cannot be read.
        case unreadableSource
        /// A picture or message without exactly one code that can be read.
        case noCode
        /// A text that is neither an offer nor an answer.
        case unreadable
        /// An answer where an offer was wanted, or the other way round.
        case wrongCode
        /// The other device refused offline (code 400).
        case refusedOffline
        /// A code that this node showed itself.
        case ownCode
        /// An answer to no offer of this node.
        case unknownOffer
        /// An offer that was used already.
        case alreadyUsed
        /// Another wish than the one with which the meeting began.
        case wishStands
        /// An offer whose life is over.
        case expired
        /// A code with nothing but loopback endpoints.
        case loopbackOnly
        /// Neither side knows an address of its own.
        case bothUnknown
        /// A bridge, and this node makes none.
        case bridgesOff
        /// A bridge, and this node is a member of no cluster.
        case noCluster
        /// A cluster whose members want no bridges.
        case bridgesForbidden
        /// A bridge of which another member is the end.
        case notBridgeEnd
        /// A bridge whose other end has not said anything yet.
        case bridgeIsNew
        /// Somebody across a bridge, who is not forgotten.
        case acrossBridge
        /// Not possible in the pairing's present state.
        case wrongPhase
        /// A newcomer, and nobody said into which cluster it is to be taken.
        case mustChoose
        /// Fewer than three voters, who cannot remove anybody.
        case tooFewVoters
        /// A member without a vote, who cannot remove anybody.
        case notVoter
        /// A cluster that has as many records as it may have.
        case clusterFull
        /// A cluster whose records have not come yet.
        case notMember
        /// A member of a cluster of more than two, who cannot be forgotten.
        case inCluster
        /// The person said no to a question.
        case declined
        /// A limit of the node.
        case tooMany
        /// The pairing was cancelled here.
        case cancelled
        /// The other side cancelled the pairing.
        case cancelledByPeer
        /// The online step did not succeed in time; the pairing waits for `retry` or `cancel`.
        case timedOut
        /// The person stopped waiting; the pairing goes on.
        case interrupted
        /// The peer does not answer now.
        case unreachable
        /// The node has too much to do now.
        case overloaded
        /// The node is not running.
        case notRunning
        /// A node runs already in this home.
        case alreadyRunning
        /// The node could not start, or had to stop.
        case nodeFailed
        /// The database of the node is damaged.
        case damaged
        /// A file that could not be written.
        case cannotWrite
        /// A request to the local API that has not its form.
        case badRequest
        /// A fault of the program.
        case internalError

        /// The exit code of the command line.
        public var exitCode: Int32 {
            switch self {
            case .usage, .ambiguous, .badName, .badHost, .badLife, .mustChoose: 64
            case .unreadableSource, .noCode, .unreadable, .wrongCode, .damaged: 65
            case .notRunning: 69
            case .timedOut, .interrupted, .unreachable, .overloaded, .notMember,
                .bridgeIsNew:
                75
            case .notFound, .refusedOffline, .ownCode, .unknownOffer, .alreadyUsed, .wishStands,
                .expired,
                .loopbackOnly, .bothUnknown, .bridgesOff, .noCluster, .bridgesForbidden,
                .notBridgeEnd,
                .acrossBridge, .wrongPhase, .tooMany, .tooFewVoters,
                .notVoter, .clusterFull, .inCluster, .declined, .cancelled, .cancelledByPeer,
                .alreadyRunning, .nodeFailed,
                .cannotWrite, .badRequest,
                .internalError:
                1
            }
        }

        /// The status of the HTTP answer.
        public var httpStatus: Int {
            switch self {
            case .notFound: 404
            case .wrongPhase, .alreadyUsed, .wishStands, .alreadyRunning, .mustChoose, .notMember,
                .inCluster,
                .bridgesOff, .noCluster, .bridgesForbidden, .notBridgeEnd,
                .bridgeIsNew, .acrossBridge:
                409
            case .notRunning, .overloaded: 503
            case .unreachable, .timedOut, .interrupted: 504
            case .internalError, .nodeFailed, .cannotWrite, .damaged: 500
            case .usage, .ambiguous, .badRequest: 400
            case .badName, .badHost, .badLife, .unreadableSource, .noCode, .unreadable, .wrongCode,
                .refusedOffline, .ownCode, .unknownOffer, .expired, .loopbackOnly, .bothUnknown,
                .tooMany, .tooFewVoters, .notVoter, .clusterFull, .declined, .cancelled,
                .cancelledByPeer:
                422
            }
        }
    }
}
