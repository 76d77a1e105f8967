using System.Runtime.InteropServices;

namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>
/// The last 1,024 sequences of a producer: which of them have come. What lies further back has come or is given up by its producer, which numbers its
/// messages one by one.
/// </summary>
internal sealed class ProducerWindow
{
    /// <summary>Sequences remembered.</summary>
    public const int Size = 1024;

    private readonly ulong[] seen = new ulong[Size / 64];

    /// <summary>Highest sequence that has come.</summary>
    public long Highest { get; private set; } = long.MinValue;

    /// <summary>Offset of the producer's last message.</summary>
    public long LastOffset { get; set; }

    /// <summary>Reads what <see cref="ToBytes"/> has written.</summary>
    public static ProducerWindow From(long highest, byte[] bytes, long lastOffset)
    {
        var window = new ProducerWindow { Highest = highest, LastOffset = lastOffset };
        bytes.AsSpan(0, Math.Min(bytes.Length, Size / 8)).CopyTo(MemoryMarshal.AsBytes(window.seen.AsSpan()));
        return window;
    }

    /// <summary>Notes a sequence.</summary>
    /// <returns>False when it has come before.</returns>
    public bool TryAdd(long sequence)
    {
        if (sequence > Highest)
        {
            // The bits are a ring: those of the sequences that are passed over are cleared.
            ulong step = Highest == long.MinValue ? Size : unchecked((ulong)sequence - (ulong)Highest);
            if (step >= Size) Array.Clear(seen);
            else for (long passed = Highest + 1; passed < sequence; passed++) seen[Word(passed)] &= ~Bit(passed);
            Highest = sequence;
        }
        else if (unchecked((ulong)Highest - (ulong)sequence) >= Size || (seen[Word(sequence)] & Bit(sequence)) != 0)
        {
            return false;
        }

        seen[Word(sequence)] |= Bit(sequence);
        return true;
    }

    /// <summary>The bits.</summary>
    public byte[] ToBytes() => MemoryMarshal.AsBytes(seen.AsSpan()).ToArray();

    private static int Word(long sequence) => (int)((sequence & (Size - 1)) >> 6);

    private static ulong Bit(long sequence) => 1UL << (int)(sequence & 63);
}
