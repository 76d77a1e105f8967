using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>A channel group being written: alone in its data group, so that its records lie one after another.</summary>
internal sealed class Mdf4Group(Mdf4BlockFile file, string name)
{
    // Buffers of full blocks, and those they are compressed into, are then powers of two, which the shared pool keeps.
    private const int BlockMargin = 8 << 10;

    /// <summary>Where its blocks lie, once they are in the file.</summary>
    public Mdf4GroupAddresses Addresses { get; private set; }

    /// <summary>Name of the group.</summary>
    public string Name => name;

    /// <summary>Whether its blocks are in the file.</summary>
    public bool IsOpen => Records is not null;

    /// <summary>Bytes of a record, invalidation bits included.</summary>
    public int RecordBytes { get; private set; }

    /// <summary>Records written.</summary>
    public long Cycles { get; set; }

    /// <summary>The records.</summary>
    public Mdf4DataSeries Records { get; private set; } = null!;

    /// <summary>Values of the variable-length channels, in order of <see cref="MdfChannelLayout.VariableIndex"/>.</summary>
    public Mdf4DataSeries[] Values { get; private set; } = [];

    /// <summary>Writes the group's description.</summary>
    public void Open(MdfRecordLayout layout)
    {
        Addresses = Mdf4GroupBlocks.Write(file, layout, name);
        RecordBytes = layout.DataBytes + layout.InvalidationBytes;
        int blockBytes = file.Options.BlockBytes;
        if (blockBytes > 16 * BlockMargin) blockBytes -= BlockMargin;
        int transposed = file.Options.Compression == Mdf4Compression.TransposedDeflate && RecordBytes > 1 ? RecordBytes : 0;
        var list = new Mdf4DataList(file, "DT", Addresses.DataLink, transposed);
        Records = new Mdf4DataSeries(file, list, Math.Max(1, blockBytes / Math.Max(1, RecordBytes)) * RecordBytes);
        Values = new Mdf4DataSeries[layout.VariableCount];
        for (int i = 0; i < layout.Channels.Count; i++)
        {
            int index = layout.Channels[i].VariableIndex;
            if ((uint)index >= (uint)Values.Length || Values[index] is not null) continue;
            Values[index] = new Mdf4DataSeries(file, new Mdf4DataList(file, "SD", Addresses.ValuesLink(i), 0), blockBytes);
        }

        for (int i = 0; i < Values.Length; i++)
        {
            if (Values[i] is null) throw new RecordingFormatException("MESH10272", $"No channel of group '{name}' holds variable-length value {i} of {Values.Length}; its layout is damaged.");
        }
    }

    /// <summary>Bytes of memory held.</summary>
    public long HeldBytes
    {
        get
        {
            if (!IsOpen) return 0;
            long sum = Records.HeldBytes;
            foreach (var values in Values) sum += values.HeldBytes;
            return sum;
        }
    }

    /// <summary>Writes the blocks being filled.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        // Values first: a record in the file then never refers to a value that is not.
        foreach (var values in Values) await values.FlushAsync(cancellationToken).ConfigureAwait(false);
        await Records.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sets the number of records.</summary>
    public void Complete() => file.Patch(Addresses.CycleCount, (ulong)Cycles);

    public void Release()
    {
        if (!IsOpen) return;
        Records.Release();
        foreach (var values in Values) values.Release();
    }
}
