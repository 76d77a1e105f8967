using System.Buffers.Binary;
using System.Text;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>
/// Builds FlatBuffers back to front (FlatBuffers internals, "Format"): children before their parents, positions counted from the buffer's end.
/// For the small metadata of IPC messages; equal vtables are not shared.
/// </summary>
internal sealed class FlatBufferBuilder
{
    private readonly List<(int Slot, int Position)> slots = [];
    private byte[] bytes = new byte[1024];
    private int used;
    private int tableStart;

    public int AddString(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        Prepare(sizeof(int), length + 1);
        Push(1).Clear();
        Encoding.UTF8.GetBytes(text, Push(length));
        return PushInt32(length);
    }

    /// <summary>A vector of offsets.</summary>
    public int AddVector(ReadOnlySpan<int> positions)
    {
        Prepare(sizeof(int), positions.Length * sizeof(int));
        for (int i = positions.Length - 1; i >= 0; i--) PushOffset(positions[i]);
        return PushInt32(positions.Length);
    }

    /// <summary>A vector of structs of 64-bit numbers, already laid out.</summary>
    public int AddStructs(ReadOnlySpan<byte> structs, int structBytes)
    {
        Prepare(sizeof(int), structs.Length);
        Prepare(sizeof(long), structs.Length);
        structs.CopyTo(Push(structs.Length));
        return PushInt32(structs.Length / structBytes);
    }

    public void BeginTable()
    {
        slots.Clear();
        tableStart = used;
    }

    public void AddByte(int slot, byte value)
    {
        Prepare(1, 0);
        Push(1)[0] = value;
        slots.Add((slot, used));
    }

    public void AddInt16(int slot, short value)
    {
        Prepare(sizeof(short), 0);
        BinaryPrimitives.WriteInt16LittleEndian(Push(sizeof(short)), value);
        slots.Add((slot, used));
    }

    public void AddInt32(int slot, int value)
    {
        Prepare(sizeof(int), 0);
        slots.Add((slot, PushInt32(value)));
    }

    public void AddInt64(int slot, long value)
    {
        Prepare(sizeof(long), 0);
        BinaryPrimitives.WriteInt64LittleEndian(Push(sizeof(long)), value);
        slots.Add((slot, used));
    }

    public void AddOffset(int slot, int position)
    {
        Prepare(sizeof(int), 0);
        PushOffset(position);
        slots.Add((slot, used));
    }

    public int EndTable()
    {
        Prepare(sizeof(int), 0);
        int table = PushInt32(0);
        int count = slots.Count == 0 ? 0 : slots.Max(slot => slot.Slot) + 1;
        Span<short> vtable = stackalloc short[count];
        vtable.Clear();
        foreach (var (slot, position) in slots) vtable[slot] = (short)(table - position);
        for (int i = count - 1; i >= 0; i--) BinaryPrimitives.WriteInt16LittleEndian(Push(sizeof(short)), vtable[i]);
        BinaryPrimitives.WriteInt16LittleEndian(Push(sizeof(short)), (short)(table - tableStart));
        BinaryPrimitives.WriteInt16LittleEndian(Push(sizeof(short)), (short)((count + 2) * sizeof(short)));

        // The table's first word leads back to its vtable.
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(bytes.Length - table), used - table);
        return table;
    }

    /// <summary>Ends the buffer; a multiple of 8 bytes long.</summary>
    public byte[] Finish(int root)
    {
        Prepare(sizeof(long), sizeof(int));
        PushOffset(root);
        return bytes[(bytes.Length - used)..];
    }

    /// <summary>Pads so that after <paramref name="following"/> more bytes the position is a multiple of <paramref name="alignment"/>.</summary>
    private void Prepare(int alignment, int following)
    {
        int padding = -(used + following) & (alignment - 1);
        if (padding > 0) Push(padding).Clear();
    }

    private int PushInt32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Push(sizeof(int)), value);
        return used;
    }

    private void PushOffset(int position)
    {
        var place = Push(sizeof(int));
        BinaryPrimitives.WriteInt32LittleEndian(place, used - position);
    }

    private Span<byte> Push(int count)
    {
        if (bytes.Length - used < count)
        {
            byte[] larger = new byte[Math.Max(bytes.Length * 2, used + count)];
            bytes.AsSpan(bytes.Length - used).CopyTo(larger.AsSpan(larger.Length - used));
            bytes = larger;
        }

        used += count;
        return bytes.AsSpan(bytes.Length - used, count);
    }
}
