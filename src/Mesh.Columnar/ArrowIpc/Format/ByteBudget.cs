namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Memory that one batch may take: its lengths are claims, and little data can be much when compressed, repeated or named often.</summary>
internal sealed class ByteBudget(long maxBytes)
{
    /// <summary>Largest buffer of a column, the reach of a 32-bit offset.</summary>
    public const long MaxBufferBytes = int.MaxValue - 64;

    private long left = maxBytes;

    /// <exception cref="InvalidDataException">The batch would be larger than what is allowed.</exception>
    public byte[] Allocate(long bytes)
    {
        Spend(bytes);
        return new byte[bytes];
    }

    /// <inheritdoc cref="Allocate"/>
    public void Spend(long bytes)
    {
        if (bytes > MaxBufferBytes) throw new InvalidDataException("a column is larger than 2 GiB");
        left -= bytes;
        if (left < 0) throw new InvalidDataException("a batch is larger than what is allowed");
    }
}
