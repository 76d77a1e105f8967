using System.Globalization;
using Mesh.Formats.Mdf;
using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// Reads ASAM MDF 4.x. Each channel group is a channel of the recording, each record a message as <see cref="MdfRecordLayout"/> describes it.
/// Data groups come one after the other; within an unsorted one, runs of one group alternate.
/// </summary>
public sealed partial class Mdf4RecordingReader : RecordingReader
{
    private readonly IByteSource source;
    private readonly RecordingReaderOptions options;
    private readonly Mdf4Losses losses;
    private readonly Mdf4BlockReader blocks;
    private readonly Mdf4Header header;
    private readonly Mdf4Definitions definitions;
    private readonly List<RecordingChannel> channels = [];
    private readonly Dictionary<long, Mdf4ChannelGroup> byPosition = [];
    private Mdf4GroupReader? current;
    private int nextGroup;

    private Mdf4RecordingReader(
        IByteSource source, RecordingReaderOptions options, Mdf4Losses losses, Mdf4BlockReader blocks, Mdf4Header header, Mdf4Definitions definitions)
    {
        (this.source, this.options, this.losses, this.blocks, this.header, this.definitions) = (source, options, losses, blocks, header, definitions);
        foreach (var group in definitions.Groups) byPosition[group.Position] = group;
        foreach (var group in definitions.Groups)
        {
            if (group.ChannelIndex >= 0) channels.Add(new RecordingChannel(channels.Count, group.Name, MdfRecordLayout.MessageEncoding, group.Layout!.ToSchema(), MetadataOf(group)));
        }
    }

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10200</c>: nothing of it can be read.</exception>
    public static async ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken) =>
        await OpenMdfAsync(source, options, cancellationToken).ConfigureAwait(false);

    internal static async ValueTask<Mdf4RecordingReader> OpenMdfAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var losses = new Mdf4Losses(options.MaxLosses, source.Length);
            var blocks = new Mdf4BlockReader(source, losses, options.MaxDefinitionBytes);
            var header = await Mdf4HeaderReader.ReadAsync(blocks, source.Name, cancellationToken).ConfigureAwait(false);
            var definitions = new Mdf4Definitions(blocks, header);
            await definitions.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (header.Block is null && definitions.Groups.Count == 0)
            {
                throw new RecordingFormatException(
                    Mdf4Codes.Unreadable, $"'{source.Name}' has no header block and no data group in its {source.Length:N0} bytes; nothing of it can be read. Record or upload it again.");
            }

            return new Mdf4RecordingReader(source, options, losses, blocks, header, definitions);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    internal Mdf4BlockReader Blocks => blocks;

    internal Mdf4Header Header => header;

    internal Mdf4Definitions Definitions => definitions;

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Mdf4;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => channels;

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => losses.Entries;

    /// <inheritdoc/>
    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (current is null)
            {
                if (nextGroup >= definitions.DataGroups.Count) return null;
                current = await OpenGroupAsync(definitions.DataGroups[nextGroup++], cancellationToken).ConfigureAwait(false);
                continue;
            }

            var block = await current.NextAsync(cancellationToken).ConfigureAwait(false);
            if (block is not null) return block;
            await current.DisposeAsync().ConfigureAwait(false);
            current = null;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (current is not null) await current.DisposeAsync().ConfigureAwait(false);
        current = null;
        await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private Dictionary<string, string> MetadataOf(Mdf4ChannelGroup group)
    {
        var keeper = group.Master < 0 && byPosition.TryGetValue(group.MasterLink, out var other) ? other : group;
        var master = keeper.Master >= 0 ? keeper.Channels[keeper.Master] : null;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["data_group"] = group.DataGroup.Index.ToString(CultureInfo.InvariantCulture),
            ["group"] = group.Index.ToString(CultureInfo.InvariantCulture),
            ["time"] = Mdf4Clock.Of(keeper, header.StartNs).HasTime ? "master" : "none",
        };
        Add("source", group.Source);
        Add("source_path", group.SourcePath);
        Add("bus", group.Bus);
        Add("comment", group.Comment);
        Add("master", master?.Name ?? "");
        Add("master_unit", master?.Unit ?? "");
        Add("master_kind", (master is null ? 0 : MdfMasterTime.SyncType(master)) switch { 1 => "time", 2 => "angle", 3 => "distance", 4 => "index", _ => "" });
        if (header.IsLocalTime) metadata["time_zone"] = "local, unknown";
        return metadata;

        void Add(string key, string value)
        {
            if (value.Length > 0) metadata[key] = value;
        }
    }
}
