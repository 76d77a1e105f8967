using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>The damage of one file. What is met twice, on the way through shared blocks, is one damage.</summary>
internal sealed class Mdf4Losses(int maxEntries, long fileBytes) : LossList(maxEntries)
{
    private readonly HashSet<(string Code, long Offset)> known = [];
    private readonly int maxEntries = maxEntries;

    public void Report(string code, long offset, long bytes, string expected, string found)
    {
        // A damaged link can name any place; what is reported is one of this file.
        offset = Math.Clamp(offset, 0, fileBytes);
        if (known.Count <= maxEntries && !known.Add((code, offset))) return;
        Add(code, offset, bytes, expected, found);
    }

    public void Report(DataLoss loss) => Report(loss.Code, loss.Offset, loss.Bytes, loss.Expected, loss.Found);
}
