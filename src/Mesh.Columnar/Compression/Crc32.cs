using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Mesh.Columnar.Compression;

/// <summary>
/// CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320), as zlib and the sensor-log formats use it. Carry-less multiplication on x86, the
/// CRC instructions on Arm, eight table look-ups per eight bytes elsewhere.
/// </summary>
public static class Crc32
{
    private static readonly uint[] Tables = MakeTables();

    /// <summary>CRC of a piece of memory.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>CRC of what <paramref name="crc"/> covers followed by <paramref name="bytes"/>; 0 stands for nothing.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        if (Pclmulqdq.IsSupported && bytes.Length >= 64)
        {
            int folded = bytes.Length & ~15;
            state = Fold(state, bytes[..folded]);
            bytes = bytes[folded..];
        }

        return ~(ArmCrc32.Arm64.IsSupported ? AppendArm(state, bytes) : AppendTables(state, bytes));
    }

    internal static uint AppendTables(uint state, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<uint> tables = Tables;
        while (bytes.Length >= 8)
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ state;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            state = tables[0x700 + (int)(low & 0xFF)] ^ tables[0x600 + (int)((low >> 8) & 0xFF)]
                ^ tables[0x500 + (int)((low >> 16) & 0xFF)] ^ tables[0x400 + (int)(low >> 24)]
                ^ tables[0x300 + (int)(high & 0xFF)] ^ tables[0x200 + (int)((high >> 8) & 0xFF)]
                ^ tables[0x100 + (int)((high >> 16) & 0xFF)] ^ tables[(int)(high >> 24)];
            bytes = bytes[8..];
        }

        foreach (byte value in bytes) state = tables[(int)((state ^ value) & 0xFF)] ^ (state >> 8);
        return state;
    }

    private static uint AppendArm(uint state, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            state = ArmCrc32.Arm64.ComputeCrc32(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (byte value in bytes) state = ArmCrc32.ComputeCrc32(state, value);
        return state;
    }

    /// <summary>
    /// Folds four 128-bit lanes by carry-less multiplication and reduces by Barrett: Gopal et al., "Fast CRC Computation for Generic
    /// Polynomials Using PCLMULQDQ Instruction" (Intel, 2009), with its constants for the reflected polynomial.
    /// </summary>
    private static uint Fold(uint state, ReadOnlySpan<byte> bytes)
    {
        ref byte at = ref MemoryMarshal.GetReference(bytes);
        int left = bytes.Length;
        var x1 = Load(ref at, 0) ^ Vector128.CreateScalar((ulong)state);
        var x2 = Load(ref at, 16);
        var x3 = Load(ref at, 32);
        var x4 = Load(ref at, 48);
        at = ref Unsafe.Add(ref at, 64);
        left -= 64;

        var k = Vector128.Create(0x0154442bd4UL, 0x01c6e41596UL);
        for (; left >= 64; left -= 64, at = ref Unsafe.Add(ref at, 64))
        {
            x1 = Multiply(x1, k) ^ Load(ref at, 0);
            x2 = Multiply(x2, k) ^ Load(ref at, 16);
            x3 = Multiply(x3, k) ^ Load(ref at, 32);
            x4 = Multiply(x4, k) ^ Load(ref at, 48);
        }

        k = Vector128.Create(0x01751997d0UL, 0x00ccaa009eUL);
        x1 = Multiply(x1, k) ^ x2;
        x1 = Multiply(x1, k) ^ x3;
        x1 = Multiply(x1, k) ^ x4;
        for (; left >= 16; left -= 16, at = ref Unsafe.Add(ref at, 16)) x1 = Multiply(x1, k) ^ Load(ref at, 0);

        var low32 = Vector128.Create(0xFFFFFFFFUL, 0xFFFFFFFFUL);
        x1 = Sse2.ShiftRightLogical128BitLane(x1, 8) ^ Pclmulqdq.CarrylessMultiply(x1, k, 0x10);
        x1 = Pclmulqdq.CarrylessMultiply(x1 & low32, Vector128.Create(0x0163cd6124UL, 0), 0x00) ^ Sse2.ShiftRightLogical128BitLane(x1, 4);

        var polynomial = Vector128.Create(0x01db710641UL, 0x01f7011641UL);
        var quotient = Pclmulqdq.CarrylessMultiply(x1 & low32, polynomial, 0x10) & low32;
        x1 ^= Pclmulqdq.CarrylessMultiply(quotient, polynomial, 0x00);
        return x1.AsUInt32().GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Multiply(Vector128<ulong> x, Vector128<ulong> k) =>
        Pclmulqdq.CarrylessMultiply(x, k, 0x00) ^ Pclmulqdq.CarrylessMultiply(x, k, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ref byte at, nuint offset) => Vector128.LoadUnsafe(ref at, offset).AsUInt64();

    private static uint[] MakeTables()
    {
        var tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
            tables[i] = crc;
        }

        for (int i = 256; i < tables.Length; i++) tables[i] = (tables[i - 256] >> 8) ^ tables[(int)(tables[i - 256] & 0xFF)];
        return tables;
    }
}
