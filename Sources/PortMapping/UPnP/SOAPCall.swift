// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a SOAP call or answer that is read here.
public enum SOAPError: Error, Equatable, Sendable {
    /// The document is not XML that is read here.
    case xml(XMLError)
    /// No envelope, no body, or another action in it.
    case otherDocument
    /// More arguments than ``UPnPLimits/argumentCount``.
    case tooMany
    /// An error answer without a number of UPnP; the status of HTTP is told.
    case noErrorCode(status: Int)
    /// The SOAPACTION field is missing or does not fit the body.
    case badAction
}

/// A named value of a call or an answer.
public struct SOAPArgument: Sendable, Hashable {
    /// The name, as the service's definition has it.
    public var name: String
    /// The value as text.
    public var value: String

    /// An argument of those parts.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A call of an action of a router's service (UPnP Device Architecture 1.1 §3.2.1).
public struct SOAPCall: Sendable, Equatable {
    /// Whose action.
    public var service: UPnPService.Kind
    /// Which action.
    public var action: String
    /// With what, in the order of the service's definition.
    public var arguments: [SOAPArgument]

    /// A call of those parts.
    public init(_ service: UPnPService.Kind, _ action: String, _ arguments: [SOAPArgument] = []) {
        self.service = service
        self.action = action
        self.arguments = arguments
    }

    /// The whole HTTP request for the service's control address.
    public func encoded(for control: HTTPLocation) -> [UInt8] {
        let fields = [
            HTTPField("Content-Type", "text/xml; charset=\"utf-8\""),
            HTTPField("SOAPAction", "\"\(self.service.rawValue)#\(self.action)\""),
        ]
        let body = SOAPEnvelope.encode(self.action, of: self.service, self.arguments)
        return HTTPRequest(.post, path: control.path, fields: fields, body: body)
            .encoded(for: control)
    }

    /// Reads a call, as the simulated router does.
    public init(parsing request: HTTPRequest) throws(SOAPError) {
        let element = try SOAPEnvelope.content(of: request.body)
        guard let field = request.value("soapaction"), field.hasPrefix("\""),
            field.hasSuffix("\""),
            let kind = UPnPService.Kind.allCases.first(where: {
                field == "\"\($0.rawValue)#\(element.name)\""
            })
        else { throw .badAction }
        self.service = kind
        self.action = element.name
        self.arguments = try SOAPEnvelope.arguments(of: element)
    }

    /// The value of the first argument of that name.
    public func value(_ name: String) -> String? {
        self.arguments.first { $0.name == name }?.value
    }
}

/// A router's answer to a call.
public enum SOAPAnswer: Sendable, Equatable {
    /// It was carried out; these are the results.
    case success([SOAPArgument])
    /// It was not.
    case failure(UPnPErrorCode)

    /// Reads the answer to a call of that action: status 200 with results, or a fault.
    public init(parsing response: HTTPResponse, to action: String) throws(SOAPError) {
        if response.status == 200 {
            let element = try SOAPEnvelope.content(of: response.body)
            guard element.name == action + "Response" else { throw .otherDocument }
            self = .success(try SOAPEnvelope.arguments(of: element))
            return
        }
        let fault = try? SOAPEnvelope.content(of: response.body)
        let error = fault?.child("detail")?.child("UPnPError")
        guard fault?.name == "Fault", let text = error?.child("errorCode")?.text,
            text.utf8.count <= 4, let number = Int(text), number > 0
        else { throw .noErrorCode(status: response.status) }
        self = .failure(UPnPErrorCode(rawValue: number))
    }

    /// The HTTP answer to a call, as the simulated router gives it.
    public func encoded(to call: SOAPCall) -> [UInt8] {
        let fields = [HTTPField("Content-Type", "text/xml; charset=\"utf-8\"")]
        switch self {
        case .success(let results):
            let body = SOAPEnvelope.encode(call.action + "Response", of: call.service, results)
            return HTTPResponse(status: 200, fields: fields, body: body).encoded
        case .failure(let code):
            let body = SOAPEnvelope.encode(fault: code)
            return HTTPResponse(status: 500, fields: fields, body: body).encoded
        }
    }

    /// The value of a result of that name; `nil` for a failure too.
    public func value(_ name: String) -> String? {
        switch self {
        case .success(let results): results.first { $0.name == name }?.value
        case .failure: nil
        }
    }
}

/// The envelope around calls and answers.
enum SOAPEnvelope {
    static func encode(
        _ element: String, of service: UPnPService.Kind, _ arguments: [SOAPArgument]
    ) -> [UInt8] {
        let inner = arguments.map {
            "<\($0.name)>\(XMLElement.escape($0.value))</\($0.name)>"
        }.joined()
        return Self.wrap(
            "<u:\(element) xmlns:u=\"\(service.rawValue)\">\(inner)</u:\(element)>")
    }

    static func encode(fault code: UPnPErrorCode) -> [UInt8] {
        Self.wrap(
            "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring>"
                + "<detail><UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>"
                + "\(code.rawValue)</errorCode></UPnPError></detail></s:Fault>")
    }

    /// The one element in the body of an envelope.
    static func content(of bytes: [UInt8]) throws(SOAPError) -> XMLElement {
        let root: XMLElement
        do {
            root = try XMLElement(parsing: bytes)
        } catch {
            throw .xml(error)
        }
        guard root.name == "Envelope", let body = root.child("Body"), body.children.count == 1
        else { throw .otherDocument }
        return body.children[0]
    }

    static func arguments(of element: XMLElement) throws(SOAPError) -> [SOAPArgument] {
        guard element.children.count <= UPnPLimits.argumentCount else { throw .tooMany }
        return element.children.map { SOAPArgument($0.name, $0.text) }
    }

    private static func wrap(_ body: String) -> [UInt8] {
        let envelope =
            "<?xml version=\"1.0\"?>"
            + "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\""
            + " s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>"
            + body + "</s:Body></s:Envelope>"
        return Array(envelope.utf8)
    }
}
