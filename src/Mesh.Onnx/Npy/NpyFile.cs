using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Mesh.Model;

namespace Mesh.Onnx.Npy;

/// <summary>
/// Tensors as NumPy keeps them (numpy.lib.format, versions 1 to 3): a magic, a header in Python's notation, the elements. Numbers of little-endian
/// order in C order are read; version 1 is written.
/// </summary>
public static partial class NpyFile
{
    private const int PrefixBytes = 10;
    private const int Alignment = 64;
    private const int MaxHeaderBytes = 1 << 16;

    private static readonly Dictionary<string, OnnxElementType> Types = new()
    {
        ["<f4"] = OnnxElementType.Float, ["<f8"] = OnnxElementType.Double, ["<f2"] = OnnxElementType.Float16, ["|u1"] = OnnxElementType.UInt8, ["|i1"] = OnnxElementType.Int8,
        ["<u2"] = OnnxElementType.UInt16, ["<i2"] = OnnxElementType.Int16, ["<u4"] = OnnxElementType.UInt32, ["<i4"] = OnnxElementType.Int32,
        ["<u8"] = OnnxElementType.UInt64, ["<i8"] = OnnxElementType.Int64, ["|b1"] = OnnxElementType.Boolean,
    };

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="MeshException"><c>MESH9823</c> when they are not such a file, or hold what ONNX cannot take.</exception>
    public static OnnxTensor Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < PrefixBytes || !bytes.StartsWith(Magic)) throw Broken("it does not begin with NumPy's magic");
        int major = bytes[6], start = major == 1 ? PrefixBytes : PrefixBytes + 2;
        if (major is < 1 or > 3 || bytes.Length < start) throw Broken($"version {major} of the format is not known");
        long length = major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (length > MaxHeaderBytes || length > bytes.Length - start) throw Broken($"it claims a header of {length:N0} bytes");
        string header = Encoding.UTF8.GetString(bytes.Slice(start, (int)length));
        string type = Group(TypePattern().Match(header), "'descr'", header);
        if (Group(OrderPattern().Match(header), "'fortran_order'", header) != "False") throw Broken("it is in Fortran order; save numpy.ascontiguousarray(a) instead");
        if (!Types.TryGetValue(type, out var elementType)) throw Broken($"elements of type '{type}' cannot be taken; save a.astype('<f4') or another little-endian number type");
        var sizes = new List<long>();
        foreach (string part in Group(ShapePattern().Match(header), "'shape'", header).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long size)) throw Broken($"its shape has the size '{part}'");
            sizes.Add(size);
        }

        try
        {
            return new OnnxTensor(elementType, sizes.ToArray(), bytes[(start + (int)length)..].ToArray());
        }
        catch (MeshException exception) when (exception.Code == "MESH9803")
        {
            throw Broken($"its shape and its length do not fit: {exception.Message}");
        }
    }

    /// <summary>The bytes of a file.</summary>
    public static byte[] Write(OnnxTensor tensor)
    {
        string type = Types.FirstOrDefault(pair => pair.Value == tensor.ElementType).Key ?? throw Broken($"NumPy has no {tensor.ElementType}");
        string sizes = string.Join(", ", tensor.Dimensions) + (tensor.Dimensions.Count == 1 ? "," : "");
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({sizes}), }}";
        int length = ((PrefixBytes + header.Length + 1 + Alignment - 1) / Alignment * Alignment) - PrefixBytes;
        byte[] bytes = new byte[PrefixBytes + length + tensor.Bytes.Length];
        Magic.CopyTo(bytes);
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)length);
        Encoding.ASCII.GetBytes(header.PadRight(length - 1) + "\n", bytes.AsSpan(PrefixBytes));
        tensor.Bytes.Span.CopyTo(bytes.AsSpan(PrefixBytes + length));
        return bytes;
    }

    private static string Group(Match match, string what, string header) => match.Success ? match.Groups[1].Value : throw Broken($"its header has no {what}: {header.Trim()[..Math.Min(120, header.Trim().Length)]}");

    private static MeshException Broken(string what) => new("MESH9823", $"Not a .npy file that can be taken: {what}. numpy.save writes them.");

    [GeneratedRegex("'descr'\\s*:\\s*'([^']*)'")]
    private static partial Regex TypePattern();

    [GeneratedRegex("'fortran_order'\\s*:\\s*(True|False)")]
    private static partial Regex OrderPattern();

    [GeneratedRegex("'shape'\\s*:\\s*\\(([^)]*)\\)")]
    private static partial Regex ShapePattern();
}
