namespace Mesh.Formats.Mdf4;

/// <summary>A channel whose record holds the offset of its value in signal data, or in the stream of a variable-length group.</summary>
/// <param name="Name">Name.</param>
/// <param name="ByteOffset">First byte of the offset in the record.</param>
/// <param name="Bytes">Bytes of the offset, 1 to 8.</param>
/// <param name="DataLink">Link to SD, DZ, DL, HL or the CG block of the values.</param>
/// <param name="InvalidationBit">Position of its invalidation bit, counted from the first data byte; -1 for none.</param>
internal sealed record Mdf4VariableChannel(string Name, int ByteOffset, int Bytes, long DataLink, int InvalidationBit)
{
    /// <summary>Reads the offset from a record.</summary>
    public long OffsetIn(ReadOnlySpan<byte> record)
    {
        if (Bytes == 8) return System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(record[ByteOffset..]);
        ulong value = 0;
        for (int i = 0; i < Bytes; i++) value |= (ulong)record[ByteOffset + i] << (8 * i);
        return (long)value;
    }

    /// <summary>Whether the record says that it has no value.</summary>
    public bool IsInvalid(ReadOnlySpan<byte> record) => InvalidationBit >= 0 && (record[InvalidationBit >> 3] >> (InvalidationBit & 7) & 1) != 0;
}
