namespace Mesh.Formats.Mdf;

/// <summary>Data types of MDF channels, with the numbers of MDF 4 (specification 4.2, "CNBLOCK", <c>cn_data_type</c>). MDF 3 types are mapped to them.</summary>
public enum MdfDataType : byte
{
    /// <summary>Unsigned integer, little-endian.</summary>
    UnsignedLittleEndian = 0,
    /// <summary>Unsigned integer, big-endian.</summary>
    UnsignedBigEndian = 1,
    /// <summary>Signed integer, two's complement, little-endian.</summary>
    SignedLittleEndian = 2,
    /// <summary>Signed integer, two's complement, big-endian.</summary>
    SignedBigEndian = 3,
    /// <summary>IEEE 754 of 16, 32 or 64 bits, little-endian.</summary>
    FloatLittleEndian = 4,
    /// <summary>IEEE 754 of 16, 32 or 64 bits, big-endian.</summary>
    FloatBigEndian = 5,
    /// <summary>Text in ISO 8859-1.</summary>
    StringLatin1 = 6,
    /// <summary>Text in UTF-8.</summary>
    StringUtf8 = 7,
    /// <summary>Text in UTF-16, little-endian.</summary>
    StringUtf16LittleEndian = 8,
    /// <summary>Text in UTF-16, big-endian.</summary>
    StringUtf16BigEndian = 9,
    /// <summary>Bytes of unknown content.</summary>
    ByteArray = 10,
    /// <summary>A MIME sample: one file per value.</summary>
    MimeSample = 11,
    /// <summary>A MIME stream: a piece of one file.</summary>
    MimeStream = 12,
    /// <summary>CANopen date, 7 bytes.</summary>
    CanOpenDate = 13,
    /// <summary>CANopen time, 6 bytes.</summary>
    CanOpenTime = 14,
    /// <summary>Complex of two IEEE 754 halves, little-endian.</summary>
    ComplexLittleEndian = 15,
    /// <summary>Complex of two IEEE 754 halves, big-endian.</summary>
    ComplexBigEndian = 16,
    /// <summary>VAX floating point (MDF 2 and 3 only): F format with 32 bits, G format with 64.</summary>
    VaxFloat = 100,
    /// <summary>VAX floating point of 64 bits in D format (MDF 2 and 3 only).</summary>
    VaxDFloat = 101,
}
