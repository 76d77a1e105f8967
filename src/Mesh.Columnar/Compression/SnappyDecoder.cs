using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mesh.Columnar.Compression;

/// <summary>Snappy blocks (google/snappy, format_description.txt): a length, then literals and copies of what was written before.</summary>
public static class SnappyDecoder
{
    private const int WideBytes = 16;

    /// <summary>Decompresses a block of exactly <paramref name="destination"/>'s length. Neither writes beyond it nor reads beyond the source.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (!TryReadLength(source, out uint length, out int from) || length != destination.Length) return false;
        ref byte input = ref MemoryMarshal.GetReference(source);
        ref byte output = ref MemoryMarshal.GetReference(destination);
        int to = 0;
        while (from < source.Length)
        {
            byte tag = Unsafe.Add(ref input, from++);
            if ((tag & 3) == 0)
            {
                uint count = (uint)(tag >> 2) + 1;
                if (count <= WideBytes && source.Length - from >= WideBytes && destination.Length - to >= WideBytes)
                {
                    Vector128.LoadUnsafe(ref input, (nuint)from).StoreUnsafe(ref output, (nuint)to);
                    from += (int)count;
                    to += (int)count;
                    continue;
                }

                if (count > 60)
                {
                    int lengthBytes = (int)count - 60;
                    if (source.Length - from < lengthBytes) return false;
                    count = 0;
                    for (int i = 0; i < lengthBytes; i++) count |= (uint)source[from++] << (8 * i);
                    if (count == uint.MaxValue) return false;
                    count++;
                }

                if (count > source.Length - from || count > destination.Length - to) return false;
                source.Slice(from, (int)count).CopyTo(destination[to..]);
                from += (int)count;
                to += (int)count;
                continue;
            }

            int copied, offset;
            switch (tag & 3)
            {
                case 1:
                    if (from >= source.Length) return false;
                    copied = ((tag >> 2) & 7) + 4;
                    offset = ((tag >> 5) << 8) | Unsafe.Add(ref input, from++);
                    break;
                case 2:
                    if (source.Length - from < 2) return false;
                    copied = (tag >> 2) + 1;
                    offset = BinaryPrimitives.ReadUInt16LittleEndian(source[from..]);
                    from += 2;
                    break;
                default:
                    if (source.Length - from < 4) return false;
                    copied = (tag >> 2) + 1;
                    offset = BinaryPrimitives.ReadInt32LittleEndian(source[from..]);
                    from += 4;
                    break;
            }

            if (offset <= 0 || offset > to || copied > destination.Length - to) return false;
            Copy(ref output, to, offset, copied, destination.Length);
            to += copied;
        }

        return to == destination.Length;
    }

    /// <summary>Copies may overlap what they write: bytes then repeat.</summary>
    private static void Copy(ref byte output, int to, int offset, int count, int length)
    {
        if (offset >= WideBytes && length - to >= 64)
        {
            // Copies are of at most 64 bytes; writing too far is within the destination and is overwritten later.
            for (int i = 0; i < count; i += WideBytes) Vector128.LoadUnsafe(ref output, (nuint)(to - offset + i)).StoreUnsafe(ref output, (nuint)(to + i));
            return;
        }

        for (int i = 0; i < count; i++) Unsafe.Add(ref output, to + i) = Unsafe.Add(ref output, to + i - offset);
    }

    private static bool TryReadLength(ReadOnlySpan<byte> source, out uint length, out int read)
    {
        length = 0;
        read = 0;
        for (int shift = 0; shift < 35 && read < source.Length; shift += 7)
        {
            byte next = source[read++];
            length |= (uint)(next & 0x7F) << shift;
            if (next < 0x80) return true;
        }

        return false;
    }
}
