// SPDX-License-Identifier: Apache-2.0

/// How much of what a router says by UPnP is read; anything above is refused whole.
public enum UPnPLimits {
    /// An HTTP message with everything; the driver need not read on after so many bytes.
    public static let httpByteCount = 65_536
    /// Its start line and fields.
    public static let httpHeadByteCount = 8192
    /// How many fields.
    public static let httpFieldCount = 64
    /// An SSDP datagram.
    public static let ssdpByteCount = 2048
    /// A location or a path.
    public static let locationByteCount = 512
    /// How deep XML elements may nest.
    public static let xmlDepth = 16
    /// How many elements an XML document may have.
    public static let xmlElementCount = 2048
    /// How many attributes an element may have.
    public static let xmlAttributeCount = 16
    /// The name of an element, attribute or entity.
    public static let xmlNameByteCount = 128
    /// How many services of a router are tried.
    public static let serviceCount = 8
    /// How many arguments a SOAP call or answer may have.
    public static let argumentCount = 32
}
