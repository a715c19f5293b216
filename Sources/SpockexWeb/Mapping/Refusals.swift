// SPDX-License-Identifier: Apache-2.0
import Entanglement
public import SpockexAPI
public import SpockexNode

extension APIError {
    /// What a refusal of the core means for a person; `clusters` are those of the node.
    init(_ refusal: Refusal, clusters: [NodeStatus.Cluster] = []) {
        switch refusal {
        case .unreadable, .wrongCode, .refusedOffline, .ownCode, .unknownOffer, .alreadyUsed,
            .wishStands, .expired:
            self.init(code: refusal)
        case .loopbackOnly:
            self.init(
                .loopbackOnly, "The code names nothing but the other's own computer (loopback).",
                hint: "If both nodes run on this computer, start yours with --listen 127.0.0.1:0.")
        case .bothUnknown:
            self.init(
                .bothUnknown, "Neither side knows an address at which it can be reached.",
                hint: "One of you must say it: --host IP:PORT, or up --external IP:PORT.")
        case .bridgesOff, .noCluster, .bridgesForbidden, .notBridgeEnd,
            .bridgeIsNew, .acrossBridge:
            self.init(bridge: refusal, clusters: clusters)
        case .notFound:
            self.init(
                .notFound, "There is no such pairing, peer or cluster.",
                hint: "`spockex status` lists all of them.")
        case .wrongPhase(let phase):
            self.init(
                .wrongPhase, "That is not possible in the state `\(phase.rawValue)`.",
                hint: "`spockex pairings` and `spockex peers` show the states.")
        case .badName:
            self.init(
                .badName,
                "The name is empty, has more than 64 bytes, or has characters that cannot be shown.",
                hint: "Choose a shorter name of plain letters.")
        case .badHost:
            self.init(
                .badHost, "Nobody could send to one of the hosts.",
                hint: "Give IP:PORT of this node, [IP]:PORT for IPv6, or --host unknown alone.")
        case .badLife:
            self.init(
                .badLife, "An offer lives at least 10 seconds and at most 24 hours.",
                hint: "Give another time with --expires, like 10m.")
        case .mustChoose(let ids):
            self.init(
                mustChoose: ids.map { id in
                    let cluster = clusters.first { $0.id == id }
                    return ClusterChoice(
                        id: id.description, name: cluster?.name ?? "",
                        members: cluster?.members ?? 0)
                })
        case .tooFewVoters: self = Self.tooFewVoters
        case .notVoter: self = Self.notVoter
        case .clusterFull: self = Self.clusterFull
        case .inCluster: self = Self.inCluster
        case .notMember: self = Self.notMember
        case .tooMany(let limit):
            self.init(
                .tooMany, "There are \(limit) of them already, and that is the limit.",
                hint: "Cancel pairings that nobody needs: `spockex pairings`.")
        }
    }

    private init(bridge refusal: Refusal, clusters: [NodeStatus.Cluster]) {
        switch refusal {
        case .bridgesForbidden(let id):
            let name = clusters.first { $0.id == id }?.name ?? ""
            self.init(
                .bridgesForbidden, "Most voters of “\(name)” want no bridges.",
                hint: "`spockex bridge forbid` shows how each takes that back.")
        case .bridgesOff:
            self.init(
                .bridgesOff, "This node makes no bridges.",
                hint: "It was started with `spockex up --no-bridges`.")
        case .notBridgeEnd:
            self.init(
                .notBridgeEnd,
                "Another member is the end of this bridge, and says what crosses it.",
                hint: "`spockex bridge close` votes for its end; `spockex card deny` takes your "
                    + "own card back.")
        case .bridgeIsNew:
            self.init(
                .bridgeIsNew, "The other end of this bridge has not been heard yet.",
                hint: "Say it again when `spockex bridges` shows it: the other end must be online.")
        case .acrossBridge:
            self.init(
                .acrossBridge, "Who is across a bridge is not forgotten.",
                hint: "`spockex card deny` takes your own card back; who shows no card any "
                    + "more can be forgotten.")
        default:
            self.init(
                .noCluster, "A bridge links two clusters, and this node is a member of none.",
                hint: "Found one with somebody first, or leave --bridge out.")
        }
    }

    private init(mustChoose choices: [ClusterChoice]) {
        let list = choices.map { "“\($0.name)” (\($0.members) members)" }.joined(separator: ", ")
        self.init(
            .mustChoose,
            choices.isEmpty
                ? "The other is a newcomer, and no cluster can take anybody in now."
                : "Say which of your clusters is meant, to take a newcomer in or to be linked: \(list).",
            hint:
                "Give --cluster CLUSTER; or, if neither is meant, --private for a private relation of two.",
            clusters: choices)
    }

    private static let tooFewVoters = APIError(
        .tooFewVoters, "Three voters are needed to remove somebody, and there are fewer.",
        hint: "`spockex cluster block` ends what you have to do with a member, "
            + "`spockex cluster leave` your own membership.")

    private static let notVoter = APIError(
        .notVoter, "This node has no vote in the cluster.",
        hint: "Founders vote, and whoever was met in person by two voters. `spockex cluster block` "
            + "and `spockex card deny` work without.")

    private static let clusterFull = APIError(
        .clusterFull,
        "The cluster has as many members or records as it may have, or this node as many records "
            + "as are its part.",
        hint: "Voters can still remove, vote and leave; found a new cluster for the rest.")

    private static let inCluster = APIError(
        .inCluster, "A member of a cluster of more than two cannot be forgotten.",
        hint: "`spockex cluster block` blocks it, `spockex cluster remove` asks the others to "
            + "remove it, `spockex cluster leave` ends your own membership.")

    private static let notMember = APIError(
        .notMember, "The records of the cluster have not come yet, or this node has left it.",
        hint: "`spockex clusters` shows which; records come when a member is connected.")

    private init(code refusal: Refusal) {
        switch refusal {
        case .wrongCode(expected: .offering):
            self.init(
                .wrongCode, "This is an answer, and an offer is wanted here.",
                hint: "Give it to `spockex accept`, on the node that showed the offer.")
        case .wrongCode(expected: .answering):
            self.init(
                .wrongCode, "This is an offer, and an answer is wanted here.",
                hint: "Give it to `spockex answer`.")
        case .refusedOffline(let text):
            self.init(
                .refusedOffline, "The other device refused: \(text)",
                hint: "Ask the other person for a new code.")
        case .ownCode:
            self.init(
                .ownCode, "This node showed that code itself.",
                hint: "Give it to the other person's node.")
        case .unknownOffer:
            self.init(
                .unknownOffer, "The answer fits no offer of this node.",
                hint:
                    "Its offer was used, cancelled or ran out, or is another node's; show a new one."
            )
        case .alreadyUsed:
            self.init(
                .alreadyUsed, "This offer was used already.",
                hint: "Each offer serves once; ask for a new one.")
        case .wishStands(let intent):
            self.init(
                .wishStands,
                "This meeting began with another wish (\(intent.word)), and that stands.",
                hint: "Go on without another wish, or cancel the pairing (`spockex pairings`) and "
                    + "begin again with a new offer.")
        case .expired:
            self.init(
                .expired, "The offer's time is over.",
                hint: "Show a new one, with more time if you need it: --expires 30m.")
        case .unreadable(let error):
            self.init(
                .unreadable, error.sentence,
                hint: "Scan the other person's code again, the whole of it.")
        case .bridgesOff, .noCluster, .bridgesForbidden, .notBridgeEnd,
            .bridgeIsNew, .acrossBridge, .loopbackOnly, .bothUnknown, .notFound, .wrongPhase,
            .badName, .badHost,
            .badLife, .mustChoose, .tooFewVoters, .notVoter, .clusterFull, .inCluster, .notMember,
            .tooMany:
            preconditionFailure("only the refusals of codes come here")
        }
    }

    /// What a failure of the node means for a person.
    public init(_ error: NodeError) {
        let code: Code =
            switch error {
            case .homeLocked: .alreadyRunning
            case .wrongListenCount, .unusableExternal, .badServer, .badDHTNode, .badDeadDrop:
                .usage
            case .storeDamaged: .damaged
            case .stopping: .notRunning
            case .overloaded, .tooManyReaders: .overloaded
            case .homeNotPrivate, .homeUnusable, .portInUse, .cannotListen, .storeTooNew,
                .storeRefused, .storeFailed:
                .nodeFailed
            }
        self.init(code, error.sentence, hint: error.hint)
    }
}
