// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Why a node did not start, stopped, or did not take a request.
public enum NodeError: Error, Equatable, Sendable {
    /// Another node runs on this home; its process, when the lock file says so.
    case homeLocked(process: Int32?)
    /// Others may look into the home, and it is not an empty folder of ours.
    case homeNotPrivate
    /// The home cannot be made or used; the `errno`.
    case homeUnusable(code: Int32)
    /// Another program uses the port.
    case portInUse(Endpoint)
    /// The system refused to listen there; the `errno`.
    case cannotListen(Endpoint, code: Int32)
    /// No endpoint to listen on, or too many.
    case wrongListenCount(limit: Int)
    /// An external endpoint that nobody could send to.
    case unusableExternal(Endpoint)
    /// A STUN server that is not `HOST:PORT`, or too many of them.
    case badServer(limit: Int)
    /// A node of the DHT that is not `HOST:PORT`, none, or too many of them.
    case badDHTNode(limit: Int)
    /// A dead drop's command without a word, or with too many.
    case badDeadDrop
    /// The database is damaged.
    case storeDamaged
    /// The database was written by a newer program.
    case storeTooNew(found: Int, supported: Int)
    /// The database refused a change; an error of ours.
    case storeRefused
    /// The database could not be read or written; SQLite's code, or minus `errno`.
    case storeFailed(code: Int)
    /// The node is ending or has ended.
    case stopping
    /// Too many requests wait for their replies.
    case overloaded(limit: Int)
    /// Too many read the events.
    case tooManyReaders(limit: Int)

    /// What went wrong, in one sentence.
    public var sentence: String {
        switch self {
        case .homeLocked(let process):
            "Another node already runs on this home"
                + (process.map { " (process \($0))." } ?? ".")
        case .homeNotPrivate:
            "Other users of this computer may look into the home folder."
        case .homeUnusable(let code):
            "The home folder cannot be made or used (system error \(code))."
        case .portInUse(let endpoint):
            "Another program uses UDP port \(endpoint.port)."
        case .cannotListen(let endpoint, let code):
            "The system does not let the node listen on \(endpoint) (system error \(code))."
        case .wrongListenCount(let limit):
            "A node listens on 1 to \(limit) endpoints."
        case .unusableExternal(let endpoint):
            "Nobody could send to the external endpoint \(endpoint)."
        case .badServer(let limit):
            "An address service is HOST:PORT, and there are at most \(limit)."
        case .badDHTNode(let limit):
            "A first node of the DHT is HOST:PORT, and there are 1 to \(limit)."
        case .badDeadDrop:
            "The dead drop's command needs 1 to \(LastResortLimits.wordCount) words."
        case .storeDamaged:
            "The database in the home folder is damaged."
        case .storeTooNew(let found, let supported):
            "The database has version \(found); this program knows versions up to \(supported)."
        case .storeRefused:
            "The database refused what the node wanted to store."
        case .storeFailed(let code):
            "The database could not be read or written (error \(code))."
        case .stopping:
            "The node is ending."
        case .overloaded(let limit):
            "More than \(limit) requests wait for an answer."
        case .tooManyReaders(let limit):
            "\(limit) commands follow the events already."
        }
    }

    /// What to do next, in one sentence.
    public var hint: String {
        switch self {
        case .homeLocked: "Use that node, end it with `spockex down`, or choose another --home."
        case .homeNotPrivate: "Run `chmod 700` on it, or choose another --home."
        case .homeUnusable: "Check that the path is a folder of yours, or choose another --home."
        case .portInUse, .wrongListenCount: "Choose another one with --listen ADDR:PORT."
        case .cannotListen: "Choose an address of this computer with --listen ADDR:PORT."
        case .unusableExternal: "Give the router's public address with --external IP:PORT."
        case .badServer: "Write it like --ipgetter stun.example.org:3478."
        case .badDHTNode: "Write it like --dht-bootstrap dht.example.org:6881."
        case .badDeadDrop: "Put more than words into a script, and name that."
        case .storeDamaged: "Restore the home folder from a copy, or start with a new --home."
        case .storeTooNew: "Use the newer program again, or a home of its own for this one."
        case .storeRefused: "This is an error in spockex; please report it."
        case .storeFailed: "Check that the disk is not full, then start the node again."
        case .stopping: "Start it again with `spockex up`."
        case .overloaded: "Try again in a moment."
        case .tooManyReaders: "End one of them, or try again when one has ended."
        }
    }

    /// The exit code of a command that ends with this error.
    public var exitCode: Int32 {
        switch self {
        case .homeLocked, .homeNotPrivate, .homeUnusable, .portInUse, .cannotListen,
            .storeTooNew, .storeRefused, .storeFailed:
            1
        case .wrongListenCount, .unusableExternal, .badServer, .badDHTNode, .badDeadDrop: 64
        case .storeDamaged: 65
        case .stopping: 69
        case .overloaded, .tooManyReaders: 75
        }
    }
}
