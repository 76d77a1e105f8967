using System.Globalization;

namespace Mesh.Formats.Mcap;

/// <summary>What the doctor found, and the codes for it; bounded like <see cref="LossList"/>.</summary>
internal sealed class McapFindings(int maxEntries)
{
    /// <summary>The header is missing, late or says less than it should.</summary>
    public const string Header = "MESH10120";
    /// <summary>A schema is contradictory, incomplete, repeated or unused.</summary>
    public const string Schema = "MESH10121";
    /// <summary>A channel is contradictory, incomplete, repeated or unused.</summary>
    public const string Channel = "MESH10122";
    /// <summary>A message comes before its channel.</summary>
    public const string Message = "MESH10123";
    /// <summary>Log times go backwards.</summary>
    public const string Order = "MESH10124";
    /// <summary>A chunk's fields do not fit its messages.</summary>
    public const string Chunk = "MESH10125";
    /// <summary>A message index does not fit its chunk.</summary>
    public const string MessageIndex = "MESH10126";
    /// <summary>A chunk index does not fit its chunk.</summary>
    public const string ChunkIndex = "MESH10127";
    /// <summary>Statistics do not fit what is there.</summary>
    public const string Statistics = "MESH10128";
    /// <summary>An attachment, a metadata record or its index is wrong.</summary>
    public const string Extra = "MESH10129";
    /// <summary>The summary section is not laid out as it must be.</summary>
    public const string Summary = "MESH10130";
    /// <summary>A record nobody knows.</summary>
    public const string Opcode = "MESH10131";

    private readonly List<RecordingFinding> entries = [];
    private int further;

    public void Error(string code, long? offset, FormattableString text) => Add(FindingSeverity.Error, code, offset, text);

    public void Warning(string code, long? offset, FormattableString text) => Add(FindingSeverity.Warning, code, offset, text);

    public void Note(string code, long? offset, FormattableString text) => Add(FindingSeverity.Note, code, offset, text);

    /// <summary>The findings in file order, those about the whole last.</summary>
    public IReadOnlyList<RecordingFinding> ToList()
    {
        List<RecordingFinding> sorted = [.. entries.OrderBy(finding => finding.Offset ?? long.MaxValue)];
        if (further > 0)
        {
            sorted.Add(new RecordingFinding(FindingSeverity.Error, LossList.FurtherDamage, null,
                string.Create(CultureInfo.InvariantCulture, $"{further:N0} further findings are not listed.")));
        }

        return sorted;
    }

    private void Add(FindingSeverity severity, string code, long? offset, FormattableString text)
    {
        if (entries.Count < maxEntries) entries.Add(new RecordingFinding(severity, code, offset, text.ToString(CultureInfo.InvariantCulture)));
        else further++;
    }
}
