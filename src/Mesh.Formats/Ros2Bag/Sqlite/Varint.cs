using System.Runtime.CompilerServices;

namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>Big-endian numbers of one to nine bytes, seven bits each and eight in the ninth (SQLite file format, 1.6).</summary>
internal static class Varint
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int position, out long value)
    {
        if ((uint)position < (uint)bytes.Length && bytes[position] < 0x80)
        {
            value = bytes[position++];
            return true;
        }

        return TryReadLong(bytes, ref position, out value);
    }

    private static bool TryReadLong(ReadOnlySpan<byte> bytes, ref int position, out long value)
    {
        ulong result = 0;
        for (int i = 0; i < 9; i++)
        {
            if ((uint)position >= (uint)bytes.Length) break;
            byte next = bytes[position++];
            if (i == 8)
            {
                value = (long)((result << 8) | next);
                return true;
            }

            result = (result << 7) | (next & 0x7Fu);
            if (next >= 0x80) continue;
            value = (long)result;
            return true;
        }

        value = 0;
        return false;
    }
}
