using System.Buffers.Binary;
using System.Text;

namespace Mesh.Fuzz;

/// <summary>Changes files the way disks, cables, crashes and attackers do.</summary>
public static class Mutator
{
    private static readonly string[] Texts = ["", "-1", "0", "99999999999999999999999", "1e999", "NaN", "-9223372036854775809", "0x", "\"", "{", "[[[[[[[[", "\n\n", "\0", "é€😀", "%s%n", "&amp;", "<!", ":", ",", "M", "m0M", "/*"];

    /// <summary>A sample; small ones more often, because they are done faster.</summary>
    public static FuzzSample Pick(IReadOnlyList<FuzzSample> samples, Random random)
    {
        while (true)
        {
            var sample = samples[random.Next(samples.Count)];
            int rarity = sample.Bytes.Length < 40_000 ? 1 : sample.Bytes.Length < 120_000 ? 4 : 12;
            if (random.Next(rarity) == 0) return sample;
        }
    }

    /// <summary>One to five changes.</summary>
    /// <param name="valid">The file.</param>
    /// <param name="other">Another file that pieces may come from.</param>
    /// <param name="random">Chooses.</param>
    public static byte[] Mutate(byte[] valid, byte[] other, Random random)
    {
        byte[] bytes = [.. valid];
        bool isText = IsText(bytes);
        for (int changes = random.Next(1, 6); changes > 0 && bytes.Length > 0; changes--)
        {
            bytes = isText && random.Next(2) == 0 ? ChangeText(bytes, random) : Change(bytes, other, random);
        }

        return bytes;
    }

    private static byte[] Change(byte[] bytes, byte[] other, Random random)
    {
        int at = PlaceIn(bytes, random);
        int length = Math.Min(random.Next(4) == 0 ? random.Next(1, 5000) : random.Next(1, 40), bytes.Length - at);
        switch (random.Next(13))
        {
            case 0 or 1:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 2:
                random.NextBytes(bytes.AsSpan(at, Math.Min(length, 40)));
                return bytes;
            case 3:
                bytes.AsSpan(at, length).Fill((byte)(random.Next(2) * 255));
                return bytes;
            case 4 when random.Next(2) == 0:
                return bytes[..at];
            case 5:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 6:
                // A block twice, which moves what follows.
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 7:
            {
                // A block over another one, which moves nothing.
                int to = random.Next(bytes.Length - length + 1) & ~7;
                bytes.AsSpan(at, length).ToArray().CopyTo(bytes, to);
                return bytes;
            }

            case 8 when random.Next(2) == 0 && other.Length > 0:
            {
                int from = random.Next(2) == 0 ? Math.Min(at, other.Length - 1) : random.Next(other.Length);
                return [.. bytes[..at], .. other[from..]];
            }

            case 9:
            {
                // A link or length taken from elsewhere: circles and overlaps.
                int width = random.Next(2) == 0 ? 4 : 8;
                if (bytes.Length < 2 * width) return bytes;
                int source = random.Next(bytes.Length - width) & ~(width - 1);
                int target = random.Next(bytes.Length - width) & ~(width - 1);
                bytes.AsSpan(source, width).CopyTo(bytes.AsSpan(target));
                return bytes;
            }

            default:
                AttackLength(bytes, random);
                return bytes;
        }
    }

    /// <summary>Damage to heads and tails, where most structure is, is worth more than to the data between.</summary>
    private static int PlaceIn(byte[] bytes, Random random) => random.Next(5) switch
    {
        0 => random.Next(Math.Min(bytes.Length, 1024)),
        1 => bytes.Length - 1 - random.Next(Math.Min(bytes.Length, 1024)),
        _ => random.Next(bytes.Length),
    };

    /// <summary>Overwrites what looks like a length, count or link.</summary>
    private static void AttackLength(byte[] bytes, Random random)
    {
        int width = 1 << random.Next(1, 4);
        if (bytes.Length < 16) return;
        int at = PlaceIn(bytes, random) & ~(Math.Min(width, 4) - 1);
        int last = bytes.Length - 8;
        if (random.Next(4) > 0)
        {
            // A number that could count something of this file.
            int step = random.Next(2) == 0 ? 1 : Math.Min(width, 4);
            for (int i = 0; i < 200 && at + (i * step) <= last; i++)
            {
                long value = Read(bytes.AsSpan(at + (i * step)), width);
                if (value <= 0 || value > bytes.Length) continue;
                at += i * step;
                break;
            }
        }

        if (at > last) at = last;
        long old = Read(bytes.AsSpan(at), width);
        long now = random.Next(16) switch
        {
            0 => 0,
            1 => -1,
            2 => long.MinValue,
            3 => long.MaxValue,
            4 => int.MaxValue,
            5 => int.MinValue,
            6 => uint.MaxValue,
            7 => bytes.Length,
            8 => bytes.Length - at,
            9 => old + 1,
            10 => old - 1,
            11 => old * 2,
            12 => 1L << random.Next(63),
            13 => at,
            14 => -old,
            _ => random.Next(bytes.Length),
        };
        Write(bytes.AsSpan(at), width, now, isBig: random.Next(5) == 0);
    }

    private static byte[] ChangeText(byte[] bytes, Random random)
    {
        int at = random.Next(bytes.Length);
        switch (random.Next(4))
        {
            case 0:
            {
                // A number becomes another one.
                while (at < bytes.Length && !IsDigit(bytes[at])) at++;
                int end = at;
                while (end < bytes.Length && IsDigit(bytes[end])) end++;
                string number = random.Next(3) == 0 ? random.NextInt64().ToString(System.Globalization.CultureInfo.InvariantCulture) : Texts[random.Next(Texts.Length)];
                return [.. bytes[..at], .. Encoding.UTF8.GetBytes(number), .. bytes[end..]];
            }

            case 1:
            {
                // A line is lost, or comes again somewhere else.
                int from = Array.LastIndexOf(bytes, (byte)'\n', at) + 1;
                int end = Array.IndexOf(bytes, (byte)'\n', at);
                if (end < 0) end = bytes.Length - 1;
                if (random.Next(2) == 0 || end < from) return [.. bytes[..from], .. bytes[Math.Max(from, end + 1)..]];
                int to = Array.IndexOf(bytes, (byte)'\n', random.Next(bytes.Length)) + 1;
                return [.. bytes[..to], .. bytes[from..(end + 1)], .. bytes[to..]];
            }

            case 2:
                return [.. bytes[..at], .. Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)]), .. bytes[at..]];
            default:
            {
                int end = Math.Min(bytes.Length, at + random.Next(1, 12));
                int from = random.Next(bytes.Length);
                return [.. bytes[..at], .. bytes[from..Math.Min(bytes.Length, from + random.Next(1, 30))], .. bytes[end..]];
            }
        }
    }

    private static bool IsText(byte[] bytes) => bytes.AsSpan(0, Math.Min(bytes.Length, 2048)).IndexOfAnyInRange((byte)0, (byte)8) < 0;

    private static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    private static long Read(ReadOnlySpan<byte> bytes, int width) => width switch
    {
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };

    private static void Write(Span<byte> bytes, int width, long value, bool isBig)
    {
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        var part = eight[..width];
        if (isBig) part.Reverse();
        part.CopyTo(bytes);
    }
}
