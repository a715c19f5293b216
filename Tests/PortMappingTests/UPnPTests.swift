// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

/// SSDP, descriptions and SOAP.
@Suite struct UPnPTests {
    private static let router = IPAddress.v4(0xc0a8_0101)

    // MARK: SSDP

    @Test func aSearchIsTheBytesOfTheStandard() throws {
        let bytes = SSDPSearch(.gateway1).encoded
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
                + "MAN: \"ssdp:discover\"\r\nMX: 1\r\n"
                + "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n")
        for target in SSDP.Target.allCases {
            #expect(try SSDPSearch(parsing: SSDPSearch(target).encoded).target == target)
        }
    }

    @Test func anAnswerComesBackAsItWasAndNotCut() throws {
        let answer = SSDPAnswer(
            .gateway2, location: try #require(HTTPLocation("http://192.168.1.1:5000/root.xml")))
        let bytes = answer.encoded
        #expect(try SSDPAnswer(parsing: bytes, from: Self.router) == answer)
        for count in bytes.indices {
            #expect(throws: SSDPError.malformed(.truncated)) {
                try SSDPAnswer(parsing: Array(bytes.prefix(count)), from: Self.router)
            }
        }
        #expect(throws: SSDPError.otherHost) {
            try SSDPAnswer(parsing: bytes, from: .v4(0xc0a8_0102))
        }
    }

    private static let target = SSDP.Target.gateway1.rawValue
    private static let refused: [(String, SSDPError)] = [
        (
            "NOTIFY * HTTP/1.1\r\nLOCATION: http://192.168.1.1/\r\nST: \(target)\r\n\r\n",
            .otherMessage
        ),
        (
            "HTTP/1.1 404 No\r\nLOCATION: http://192.168.1.1/\r\nST: \(target)\r\n\r\n",
            .otherMessage
        ),
        ("HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1/\r\n\r\n", .otherTarget),
        (
            "HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1/\r\nST: upnp:rootdevice\r\n\r\n",
            .otherTarget
        ),
        (
            "HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1/\r\nST: \(target)\r\nST: \(target)\r\n\r\n",
            .otherTarget
        ),
        ("HTTP/1.1 200 OK\r\nST: \(target)\r\n\r\n", .badLocation),
        ("HTTP/1.1 200 OK\r\nLOCATION: http://router/\r\nST: \(target)\r\n\r\n", .badLocation),
        (
            "HTTP/1.1 200 OK\r\nLOCATION: https://192.168.1.1/\r\nST: \(target)\r\n\r\n",
            .badLocation
        ),
        (
            "HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1/\r\nLOCATION: http://192.168.1.1/\r\n"
                + "ST: \(target)\r\n\r\n", .badLocation
        ),
        (
            "HTTP/1.1 200 OK\r\nLOCATION: http://198.51.100.7/\r\nST: \(target)\r\n\r\n",
            .otherHost
        ),
        ("HTTP/1.1 200 OK\r\nLOCATION\r\n\r\n", .malformed(.badField)),
    ]

    @Test(arguments: refused)
    func otherAnswersAreRefused(text: String, error: SSDPError) {
        #expect(throws: error) {
            try SSDPAnswer(parsing: Array(text.utf8), from: Self.router)
        }
    }

    @Test func longDatagramsAreRefused() {
        let long = [UInt8](repeating: 0x41, count: 2049)
        #expect(throws: SSDPError.tooLong) { try SSDPAnswer(parsing: long, from: Self.router) }
        #expect(throws: SSDPError.tooLong) { try SSDPSearch(parsing: long) }
    }

    // MARK: Descriptions

    private static func service(_ type: String, _ control: String) -> String {
        "<service><serviceType>\(type)</serviceType><serviceId>x</serviceId>"
            + "<controlURL>\(control)</controlURL></service>"
    }

    private static func services(
        _ text: String, base: String = ""
    ) throws -> [String] {
        let location = try #require(HTTPLocation("http://192.168.1.1:5000/d/root.xml"))
        let document =
            "<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\">\(base)"
            + "<device><friendlyName>x</friendlyName><deviceList><device><deviceList><device>"
            + "<serviceList>\(text)</serviceList></device></deviceList></device></deviceList>"
            + "</device></root>"
        return try UPnPService.all(in: Array(document.utf8), from: location).map {
            "\($0.kind) \($0.control.endpoint)\($0.control.path)"
        }
    }

    @Test func theUsefulServicesAreFoundInTheirOrder() throws {
        let urn = "urn:schemas-upnp-org:service:"
        let text =
            Self.service(urn + "WANIPv6FirewallControl:1", "/f")
            + Self.service(urn + "WANPPPConnection:1", "p")
            + Self.service(urn + "Layer3Forwarding:1", "/l")
            + Self.service(urn + "WANIPConnection:1", "http://192.168.1.1:9/c")
            + Self.service(urn + "WANIPConnection:2", " /c2 ")
        #expect(
            try Self.services(text) == [
                "connection2 192.168.1.1:5000/c2", "connection1 192.168.1.1:9/c",
                "pppConnection1 192.168.1.1:5000/d/p", "firewall6 192.168.1.1:5000/f",
            ])
        #expect(
            try Self.services(
                Self.service(urn + "WANIPConnection:1", "c"),
                base: "<URLBase>http://192.168.1.1:7/e/</URLBase>")
                == ["connection1 192.168.1.1:7/e/c"])
        // A base on another host does not count.
        #expect(
            try Self.services(
                Self.service(urn + "WANIPConnection:1", "/c"),
                base: "<URLBase>http://198.51.100.7/</URLBase>")
                == ["connection1 192.168.1.1:5000/c"])
    }

    @Test(arguments: [
        "http://198.51.100.7/c", "https://192.168.1.1/c", "", "/a b", "http://router/c",
    ])
    func aServiceThatLeadsElsewhereIsPassedOver(control: String) throws {
        let type = "urn:schemas-upnp-org:service:WANIPConnection:1"
        #expect(try Self.services(Self.service(type, control)) == [])
    }

    @Test func soManyServicesAreEnough() throws {
        let text = (0..<100).map {
            Self.service("urn:schemas-upnp-org:service:WANIPConnection:1", "/\($0)")
        }.joined()
        #expect(try Self.services(text).count == 8)
    }

    @Test func otherDocumentsHaveNoServices() throws {
        let location = try #require(HTTPLocation("http://192.168.1.1/"))
        for text in ["<html/>", "<root/>", "<root><device/></root>"] {
            #expect(try UPnPService.all(in: Array(text.utf8), from: location) == [])
        }
        #expect(throws: XMLError.self) { try UPnPService.all(in: [], from: location) }
    }

    @Test func theDescriptionOfTheSimulatedRouterIsRead() throws {
        let location = try #require(HTTPLocation("http://192.168.1.1:5000/root.xml"))
        let control = HTTPLocation(endpoint: location.endpoint, path: "/c?a=1&b")
        let services = UPnPService.Kind.allCases.map { UPnPService($0, control: control) }
        let bytes = UPnPService.description(of: services)
        #expect(try UPnPService.all(in: bytes, from: location) == services)
    }

    // MARK: SOAP

    private static let inner = Endpoint(address: .v4(0xc0a8_0102), port: 4242)
    private static let inner6 = Endpoint(address: .v6(0x2001_0db8 << 32, 5), port: 4242)
    private static let calls: [SOAPCall] = [
        .externalAddress(of: .connection1),
        .map(inner, externalPort: 1, lease: 7200, any: false, at: .pppConnection1),
        .map(inner, externalPort: 1, lease: 0, any: true, at: .connection2),
        .unmap(externalPort: 65_535, at: .connection1), .entry(externalPort: 7, at: .connection2),
        .openPinhole(to: inner6, lease: 60), .closePinhole(9),
        SOAPCall(.connection1, "X", [SOAPArgument("A", "<&>\"' é")]),
    ]

    @Test(arguments: calls)
    func aCallComesBackAsItWas(call: SOAPCall) throws {
        let control = try #require(HTTPLocation("http://192.168.1.1:5000/c"))
        let request = try HTTPRequest(parsing: call.encoded(for: control))
        #expect(request.path == "/c" && request.method == .post)
        #expect(try SOAPCall(parsing: request) == call)
        let answers = [
            SOAPAnswer.success([]), .success([SOAPArgument("A", "<b>")]), .failure(.conflict),
        ]
        for answer in answers {
            let response = try HTTPResponse(parsing: answer.encoded(to: call))
            #expect(try SOAPAnswer(parsing: response, to: call.action) == answer)
        }
    }

    @Test func aMappingCallHasTheArgumentsOfTheStandard() throws {
        let call = Self.calls[1]
        #expect(call.action == "AddPortMapping")
        #expect(
            call.arguments.map { "\($0.name)=\($0.value)" } == [
                "NewRemoteHost=", "NewExternalPort=1", "NewProtocol=UDP", "NewInternalPort=4242",
                "NewInternalClient=192.168.1.2", "NewEnabled=1",
                "NewPortMappingDescription=SpockEx", "NewLeaseDuration=7200",
            ])
        #expect(Self.calls[2].action == "AddAnyPortMapping")
        #expect(
            Self.calls[5].arguments.map { "\($0.name)=\($0.value)" } == [
                "RemoteHost=", "RemotePort=0", "InternalClient=2001:db8::5", "InternalPort=4242",
                "Protocol=17", "LeaseTime=60",
            ])
    }

    @Test func aCallThatItsFieldDoesNotNameIsRefused() throws {
        let control = try #require(HTTPLocation("http://192.168.1.1:5000/c"))
        var request = try HTTPRequest(parsing: Self.calls[0].encoded(for: control))
        request.fields.removeAll { $0.name == "soapaction" }
        #expect(throws: SOAPError.badAction) { try SOAPCall(parsing: request) }
        request.fields.append(HTTPField("soapaction", "\"urn:x#GetExternalIPAddress\""))
        #expect(throws: SOAPError.badAction) { try SOAPCall(parsing: request) }
    }

    private static func envelope(_ text: String) -> String {
        "<s:Envelope xmlns:s=\"x\"><s:Body>\(text)</s:Body></s:Envelope>"
    }

    private static let fault = envelope(
        "<Fault><detail><UPnPError><errorCode>?</errorCode></UPnPError></detail></Fault>")
    private static let refusedAnswers: [(Int, String, SOAPError)] = [
        (200, "", .xml(.notOneRoot)), (200, "<a/>", .otherDocument),
        (200, "<Envelope/>", .otherDocument), (200, envelope(""), .otherDocument),
        (200, envelope("<A/>"), .otherDocument),
        (200, envelope("<AResponse/><AResponse/>"), .otherDocument),
        (
            200, envelope("<AResponse>" + String(repeating: "<b/>", count: 33) + "</AResponse>"),
            .tooMany
        ),
        (500, "", .noErrorCode(status: 500)), (404, "<html/>", .noErrorCode(status: 404)),
        (500, envelope("<AResponse/>"), .noErrorCode(status: 500)),
        (500, envelope("<Fault/>"), .noErrorCode(status: 500)),
        (500, fault, .noErrorCode(status: 500)),
        (500, fault.replacing("?", with: "-1"), .noErrorCode(status: 500)),
        (500, fault.replacing("?", with: "71800"), .noErrorCode(status: 500)),
        (302, envelope("<AResponse/>"), .noErrorCode(status: 302)),
    ]

    @Test(arguments: refusedAnswers)
    func otherAnswersToCallsAreRefused(status: Int, text: String, error: SOAPError) {
        let response = HTTPResponse(status: status, body: Array(text.utf8))
        #expect(throws: error) { try SOAPAnswer(parsing: response, to: "A") }
    }

    @Test func resultsAreReadStrictly() {
        func answer(_ name: String, _ value: String) -> SOAPAnswer {
            .success([SOAPArgument(name, value)])
        }
        #expect(answer("NewExternalIPAddress", "198.51.100.7").externalAddress == .v4(0xc633_6407))
        for text in ["", "router", "198.51.100", "198.51.100.7 ", "0198.51.100.7"] {
            #expect(answer("NewExternalIPAddress", text).externalAddress == nil)
        }
        #expect(answer("NewReservedPort", "4242").reservedPort == 4242)
        for text in ["", "0", "65536", "-1", "4242 "] {
            #expect(answer("NewReservedPort", text).reservedPort == nil)
        }
        #expect(answer("UniqueID", "0").uniqueID == 0)
        #expect(answer("UniqueID", "65536").uniqueID == nil)
        #expect(SOAPAnswer.failure(.conflict).value("UniqueID") == nil)
    }
}

extension String {
    fileprivate func replacing(_ one: Character, with other: String) -> String {
        self.map { $0 == one ? other : String($0) }.joined()
    }
}
