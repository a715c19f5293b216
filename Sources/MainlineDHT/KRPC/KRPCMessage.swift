// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Why a datagram is no message that we understand; always *dropped*.
public enum KRPCError: Error, Equatable {
    /// It is no bencode, or not the one encoding of its value.
    case bencode(BencodeError)
    /// A field is missing, or it is of another type or length than it must be.
    case field(KRPCField)
    /// A question that nobody who only asks needs to understand.
    case unknownMethod
}

/// A field of a message, for errors.
public enum KRPCField: String, Sendable {
    /// The whole message, or its kind.
    case message
    /// What pairs an answer with its question.
    case transaction
    /// The id of who speaks.
    case id
    /// What is looked for.
    case target
    /// Nodes, of either address family.
    case nodes
    /// The permission to write.
    case token
    /// Key, salt, sequence number, signature or value of an item.
    case item
    /// Code and text of an error.
    case error
    /// Where the other sees us.
    case address
}

/// One datagram of the DHT (KRPC, BEP 5): a question, an answer, or an error.
public struct KRPCMessage: Sendable, Equatable {
    /// What it says.
    public enum Body: Sendable, Equatable {
        /// Somebody asks.
        case query(KRPCQuery)
        /// An answer.
        case response(KRPCResponse)
        /// The question is refused.
        case failure(KRPCFailure)
    }

    /// Chosen by who asks, repeated by who answers; 1 to 16 bytes.
    public var transaction: [UInt8]
    /// What it says.
    public var body: Body
    /// Whether the sender only asks: nobody puts it into his table (BEP 43).
    public var isReadOnly = false
    /// Where the sender of an answer sees us (BEP 42).
    public var seenAt: Endpoint?

    /// A message of that content.
    public init(
        transaction: [UInt8], _ body: Body, isReadOnly: Bool = false, seenAt: Endpoint? = nil
    ) {
        self.transaction = transaction
        self.body = body
        self.isReadOnly = isReadOnly
        self.seenAt = seenAt
    }

    /// The bytes of the datagram.
    public var encoded: [UInt8] {
        var message = BencodeDictionary()
        message["t"] = .bytes(self.transaction)
        if self.isReadOnly { message["ro"] = .integer(1) }
        if let seenAt { message["ip"] = .bytes(CompactForm.bytes(seenAt)) }
        switch self.body {
        case .query(let query):
            message["y"] = .text("q")
            message["q"] = .text(query.method)
            message["a"] = .dictionary(query.arguments)
        case .response(let response):
            message["y"] = .text("r")
            message["r"] = .dictionary(response.fields)
        case .failure(let failure):
            message["y"] = .text("e")
            message["e"] = .list([.integer(failure.code), .bytes(failure.text)])
        }
        return Bencode.dictionary(message).encoded
    }

    /// Reads a datagram; fields that we do not know are passed over.
    public init(parsing bytes: [UInt8]) throws(KRPCError) {
        let value: Bencode
        do throws(BencodeError) {
            value = try Bencode(parsing: bytes)
        } catch {
            throw .bencode(error)
        }
        guard let message = value.dictionary else { throw .field(.message) }
        guard let transaction = message["t"]?.bytes,
            (1...Limits.transactionByteCount).contains(transaction.count)
        else { throw .field(.transaction) }
        self.transaction = transaction
        self.isReadOnly = message["ro"]?.integer == 1
        self.seenAt = try Self.seenAt(message["ip"])
        switch message["y"]?.bytes {
        case [UInt8(ascii: "q")]: self.body = .query(try KRPCQuery(message))
        case [UInt8(ascii: "r")]:
            guard let fields = message["r"]?.dictionary else { throw .field(.message) }
            self.body = .response(try KRPCResponse(fields))
        case [UInt8(ascii: "e")]: self.body = .failure(try KRPCFailure(message["e"]))
        default: throw .field(.message)
        }
    }

    private static func seenAt(_ value: Bencode?) throws(KRPCError) -> Endpoint? {
        guard let value else { return nil }
        guard let bytes = value.bytes, let endpoint = CompactForm.endpoint(bytes) else {
            throw .field(.address)
        }
        return endpoint
    }
}

/// A refusal: a code (201 to 207, 301, 302) and a text that is shown to nobody.
public struct KRPCFailure: Sendable, Equatable {
    /// The question is not understood; some programs say so of `get`.
    public static let unknownMethod: Int64 = 204

    /// BEP 5 and BEP 44 list them.
    public let code: Int64
    /// At most 128 bytes of what the other says.
    public let text: [UInt8]

    /// The refusal of that code.
    public init(code: Int64, text: [UInt8] = []) {
        self.code = code
        self.text = text
    }

    init(_ value: Bencode?) throws(KRPCError) {
        guard let list = value?.list, list.count == 2, let code = list[0].integer,
            let text = list[1].bytes
        else { throw .field(.error) }
        self.init(code: code, text: Array(text.prefix(Limits.failureTextByteCount)))
    }
}
