using System.Buffers.Binary;

namespace Mesh.Onnx.Runtime;

/// <summary>The little of ELF (System V ABI, "Program Header") that tells a whole library from one that is cut off.</summary>
internal static class ElfFile
{
    private const int HeaderBytes = 64;
    private const int ProgramHeaderBytes = 56;

    /// <summary>
    /// Whether a 64-bit little-endian library says that it has more bytes than it has. The system's loader maps what the header says, and
    /// touching what is not there kills the process. False for anything else, which the loader refuses by itself.
    /// </summary>
    public static bool IsCutOff(string path)
    {
        using var file = File.OpenHandle(path);
        long length = RandomAccess.GetLength(file);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (RandomAccess.Read(file, header, 0) < HeaderBytes || !header[..6].SequenceEqual("\u007fELF\u0002\u0001"u8)) return false;
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        int entryBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int entries = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        if (entryBytes != ProgramHeaderBytes || table > (ulong)length) return true;

        Span<byte> entry = stackalloc byte[ProgramHeaderBytes];
        for (int i = 0; i < entries; i++)
        {
            if (RandomAccess.Read(file, entry, (long)table + (i * ProgramHeaderBytes)) < ProgramHeaderBytes) return true;
            UInt128 end = (UInt128)BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]) + BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]);
            if (end > (ulong)length) return true;
        }

        return false;
    }
}
