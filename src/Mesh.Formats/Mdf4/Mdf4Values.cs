namespace Mesh.Formats.Mdf4;

/// <summary>What stands in a message for variable-length values that cannot be had: an empty one, and a loss.</summary>
internal sealed class Mdf4Values(Mdf4Losses losses)
{
    /// <summary>Bytes put aside while a block is put together.</summary>
    public Mdf4Buffer Scratch { get; } = new();

    /// <summary>Appends an empty value. A record that marks it invalid, or that has no data to point to, loses nothing.</summary>
    public void AppendMissing(Mdf4Buffer output, int recordStart, Mdf4ChannelGroup group, Mdf4VariableChannel variable, long offset, long fileOffset, string found)
    {
        bool expected = !variable.IsInvalid(output.Span.Slice(recordStart, group.RecordBytes)) && (variable.DataLink != 0 || offset != 0);
        output.Extend(sizeof(uint)).Clear();
        if (expected)
        {
            // Each one counts, also where many lie in one compressed block.
            losses.Add(Mdf4Codes.ValueLost, fileOffset, 0, $"the value of '{variable.Name}' in group '{group.Name}' at offset {offset:N0}", found + "; it is given as empty");
        }
    }
}
