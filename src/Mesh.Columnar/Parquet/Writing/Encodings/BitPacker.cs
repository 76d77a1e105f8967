using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Packs values of a fixed number of bits, least significant first (Encodings.md, "RLE = 3" and "DELTA_BINARY_PACKED = 5").</summary>
internal static class BitPacker
{
    /// <summary>Values of a group, which fills whole bytes at every width.</summary>
    public const int Group = 8;

    /// <summary>Bytes that a store may touch behind the last packed one.</summary>
    private const int Slack = 16;

    /// <summary>Appends the values' lowest bits, padded with zeros to whole groups.</summary>
    /// <typeparam name="T">An integer of one, four or eight bytes; bits above the width are zero.</typeparam>
    public static void Pack<T>(ReadOnlySpan<T> values, int width, PooledList<byte> target)
        where T : unmanaged
    {
        int groups = (values.Length + Group - 1) / Group;
        int start = target.Length, bytes = groups * width;
        var packed = target.Extend(bytes + Slack);
        int whole = values.Length / Group * Group;
        PackGroups(values[..whole], width, packed);
        if (whole < values.Length)
        {
            Span<T> last = stackalloc T[Group];
            last.Clear();
            values[whole..].CopyTo(last);
            PackGroups<T>(last, width, packed[(bytes - width)..]);
        }

        target.Truncate(start + bytes);
    }

    private static void PackGroups<T>(ReadOnlySpan<T> values, int width, Span<byte> target)
        where T : unmanaged
    {
        if (width <= 8)
        {
            for (int at = 0; values.Length >= Group; values = values[Group..], at += width)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(target[at..], Four(values, 0, width) | (Four(values, 4, width) << (4 * width)));
            }
        }
        else if (width <= 16)
        {
            int shift = 4 * width;
            for (int at = 0; values.Length >= Group; values = values[Group..], at += width)
            {
                ulong low = Four(values, 0, width), high = Four(values, 4, width);
                BinaryPrimitives.WriteUInt64LittleEndian(target[at..], shift == 64 ? low : low | (high << shift));
                BinaryPrimitives.WriteUInt64LittleEndian(target[(at + 8)..], shift == 64 ? high : high >> (64 - shift));
            }
        }
        else
        {
            PackWide(values, width, target);
        }
    }

    /// <summary>Any width: whole words leave as they fill. Eight values of w bits end on a byte.</summary>
    private static void PackWide<T>(ReadOnlySpan<T> values, int width, Span<byte> target)
        where T : unmanaged
    {
        ulong word = 0;
        int used = 0, at = 0;
        for (int i = 0; i < values.Length; i++)
        {
            ulong value = Bits(values[i]);
            word |= value << used;
            used += width;
            if (used < 64) continue;
            BinaryPrimitives.WriteUInt64LittleEndian(target[at..], word);
            at += 8;
            used -= 64;
            word = used == 0 ? 0 : value >> (width - used);
        }

        if (used > 0) BinaryPrimitives.WriteUInt64LittleEndian(target[at..], word);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Four<T>(ReadOnlySpan<T> values, int from, int width)
        where T : unmanaged
    {
        ref T first = ref Unsafe.Add(ref MemoryMarshal.GetReference(values), from);
        return Bits(first) | (Bits(Unsafe.Add(ref first, 1)) << width) | (Bits(Unsafe.Add(ref first, 2)) << (2 * width)) | (Bits(Unsafe.Add(ref first, 3)) << (3 * width));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits<T>(T value)
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() == 1) return Unsafe.BitCast<T, byte>(value);
        if (Unsafe.SizeOf<T>() == 4) return Unsafe.BitCast<T, uint>(value);
        return Unsafe.BitCast<T, ulong>(value);
    }
}
