using Mesh.Commands.Configuration;
using Mesh.Commands.Signals.Building;
using Mesh.Commands.Signals.Pyramids;
using Mesh.Commands.State;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Commands.Signals;

/// <summary>Answers from the pyramids in the lake: within the server, or read-only beside it.</summary>
public sealed partial class LocalSignals : ISignals
{
    /// <summary>How long a question about samples waits for a pyramid that is being built (default: 20 s).</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private const int MinPrefix = 4;

    private readonly TableCatalogue tables;
    private readonly RecordingStore recordings;
    private readonly PyramidStore store;
    private readonly PyramidBuilder builder;
    private readonly Action<TableIdentifier, string>? request;
    private readonly IDisposable[] owned;

    /// <param name="tables">Tables.</param>
    /// <param name="recordings">Recordings.</param>
    /// <param name="store">The pyramids.</param>
    /// <param name="builder">Makes those that are missing.</param>
    /// <param name="request">Asks for one soon, whose list is looked at; null where nothing may be written, and missing ones are made aside.</param>
    /// <param name="owned">Disposed with it.</param>
    public LocalSignals(
        TableCatalogue tables, RecordingStore recordings, PyramidStore store, PyramidBuilder builder, Action<TableIdentifier, string>? request, params IDisposable[] owned)
    {
        this.tables = tables;
        this.recordings = recordings;
        this.store = store;
        this.builder = builder;
        this.request = request;
        this.owned = owned;
    }

    /// <summary>Opens a state directory for reading, without a server; what is missing is made in the system's temporary folder and thrown away.</summary>
    /// <param name="folder">The state directory.</param>
    /// <param name="settings">Where its catalogue and its storage are.</param>
    public static LocalSignals OpenReadOnly(string folder, Settings settings)
    {
        using var state = StateDirectory.OpenForReading(folder);
        var storage = LakeStorage.OpenForReading(state, settings);
        var database = MetadataDatabase.Open(state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text, readOnly: true);
        var tables = new TableCatalogue(database, storage.Lake, TimeProvider.System);
        var recordings = new RecordingStore(database, TimeProvider.System);
        var store = new PyramidStore(tables, recordings, storage.Lake);
        var builder = new PyramidBuilder(tables, store, Path.GetTempPath());
        return new LocalSignals(tables, recordings, store, builder, null, builder, database, storage);
    }

    /// <inheritdoc/>
    public async Task<SignalList?> ListAsync(string recording, CancellationToken cancellationToken)
    {
        if (await FindAsync(recording, cancellationToken).ConfigureAwait(false) is not { } entry) return null;
        var opened = await OpenAsync(entry, wait: null, cancellationToken).ConfigureAwait(false);
        await using var _ = opened.ConfigureAwait(false);
        return opened.ToList();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var part in owned) part.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<RecordingEntry?> FindAsync(string recording, CancellationToken cancellationToken)
    {
        if (!IngestId.TryParse(recording, out var id))
        {
            if (recording.Length < MinPrefix) return null;
            var matches = await recordings.FindByPrefixAsync(recording, 2, cancellationToken).ConfigureAwait(false);
            if (matches.Count == 0) return null;
            id = matches.Count == 1 ? matches[0] : throw new MeshException("MESH11034", $"'{recording}' is the beginning of several ingest ids: give more of it.");
        }

        return await recordings.FindAsync(id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens the pyramids of a recording in the tables that count now.</summary>
    /// <param name="entry">The recording.</param>
    /// <param name="wait">Channels whose missing pyramids are waited for; null for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    private async ValueTask<OpenedSignals> OpenAsync(RecordingEntry entry, IReadOnlySet<string>? wait, CancellationToken cancellationToken)
    {
        string recording = entry.IngestId.ToString();
        var opened = new OpenedSignals();
        try
        {
            foreach (var (name, channels) in TablesOf(entry))
            {
                if (await tables.FindAsync(TableIdentifier.Parse(name), cancellationToken).ConfigureAwait(false) is not { } table) continue;
                var source = await store.LookAsync(table, recording, cancellationToken).ConfigureAwait(false);
                if (source.Digest is null) continue;
                var reader = await store.OpenAsync(source, cancellationToken).ConfigureAwait(false);
                bool isWanted = wait is not null && (channels.Count == 0 || channels.Any(wait.Contains));
                if (reader is null && isWanted) reader = await BuildAsync(source, cancellationToken).ConfigureAwait(false);
                if (reader is null) request?.Invoke(table.Identifier, recording);
                opened.Add(source, channels, reader, canBuild: request is not null);
            }

            opened.Complete();
            return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask<PyramidReader?> BuildAsync(PyramidSource source, CancellationToken cancellationToken)
    {
        if (request is null)
        {
            string path = Path.Combine(Path.GetTempPath(), $"mesh-signals-{Guid.NewGuid():N}");
            try
            {
                await builder.WriteAsync(source, path, cancellationToken).ConfigureAwait(false);
                var file = new FileByteSource(path);
                return new PyramidReader(file, await PyramidFooter.ReadAsync(file, cancellationToken).ConfigureAwait(false));
            }
            finally
            {
                // Its bytes stay until the reader closes it.
                File.Delete(path);
            }
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LongestWait);
        try
        {
            await builder.EnsureAsync(source.Table.Identifier, source.Recording, patience.Token).ConfigureAwait(false);
            return await store.OpenAsync(source, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // What takes longer than somebody looks at a spinner goes on in the stage.
            return null;
        }
    }

    /// <summary>Tables of the newest version of each topology, with the channels that are known to be in them.</summary>
    private static IEnumerable<(string Table, IReadOnlyList<string> Channels)> TablesOf(RecordingEntry entry)
    {
        var runs = entry.Runs.GroupBy(run => run.Topology).Select(versions => versions.MaxBy(run => run.TopologyVersion.PadLeft(20, '0'))!).ToList();
        return runs.SelectMany(run => run.Tables).Distinct().Order(StringComparer.Ordinal).Select(table => (
            table, (IReadOnlyList<string>)[.. runs.SelectMany(run => run.Channels).Where(channel => channel.Table == table).Select(channel => channel.Channel).Distinct().Order(StringComparer.Ordinal)]));
    }
}
