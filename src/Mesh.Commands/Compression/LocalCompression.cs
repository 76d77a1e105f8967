using Mesh.Commands.Configuration;
using Mesh.Commands.Ingest;
using Mesh.Commands.State;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Compression;
using Mesh.Training.Compression.Outcome;
using Mesh.Training.Governance;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Compression;

/// <summary>Compression in this process: within the server, or on a state directory that none has.</summary>
public sealed class LocalCompression : ICompression
{
    private readonly VariantStore variants;
    private readonly CompressionRunner? runner;
    private readonly IReadOnlyList<IDisposable> owned;

    private LocalCompression(VariantStore variants, CompressionRunner? runner, params IReadOnlyList<IDisposable> owned)
    {
        this.variants = variants;
        this.runner = runner;
        this.owned = owned;
    }

    /// <summary>Within a server, whose stage does the work.</summary>
    public static LocalCompression Within(CompressionRunner runner) => new(runner.Variants, runner);

    /// <summary>Opens a state directory on which no server runs.</summary>
    /// <param name="folder">The state directory.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="environment">Environment variables.</param>
    /// <param name="forReading">Whether only questions are asked; otherwise the directory's lock is taken, and what is asked for is done at once.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH11010</c> a server has it; <c>MESH11013</c> it is none.</exception>
    public static async Task<LocalCompression> OpenAsync(
        string folder, Settings settings, IReadOnlyDictionary<string, string> environment, bool forReading, CancellationToken cancellationToken)
    {
        StateDirectory.OpenForReading(folder).Dispose();
        var state = forReading ? StateDirectory.OpenForReading(folder) : StateDirectory.Open(folder);
        var owned = new Stack<IDisposable>([state]);
        try
        {
            var database = MetadataDatabase.Open(state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text, forReading);
            owned.Push(database);
            if (forReading) return new LocalCompression(new VariantStore(database), null, state, database);
            await database.PrepareAsync(cancellationToken).ConfigureAwait(false);
            var storage = await LakeStorage.OpenAsync(state, settings, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            owned.Push(storage);
            var runner = CompressionRunner.Create(
                database, new TableCatalogue(database, storage.Lake, TimeProvider.System), storage.Lake, CompressionSettings.Read(settings, environment), state.Jobs, NullLogger.Instance, TimeProvider.System);
            return new LocalCompression(runner.Variants, runner, state, database, storage, runner);
        }
        catch
        {
            while (owned.TryPop(out var part)) part.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<ModelVariantsView> GetVariantsAsync(string model, CancellationToken cancellationToken)
    {
        var (name, version) = await variants.ResolveAsync(model, cancellationToken).ConfigureAwait(false);
        var found = await variants.ListAsync(name, version, cancellationToken).ConfigureAwait(false);
        return new ModelVariantsView(
            ModelReference.Text(name, version), TradeOff.Of([.. found.Select(variant => variant.Manifest)]), found,
            await variants.ListCompressionsAsync(name, version, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task<CompressionEntry> RequestAsync(string model, CompressRequest request, CancellationToken cancellationToken)
    {
        if (runner is null) throw new MeshException("MESH9408", "The state directory was opened for reading; nothing can be asked for.");
        var (name, version) = await variants.ResolveAsync(model, cancellationToken).ConfigureAwait(false);
        var entry = await runner.RequestAsync(name, version, request.Profiles ?? [], cancellationToken).ConfigureAwait(false);
        if (owned.Count == 0) return entry;

        // Nobody else works it off: it is done here, after what a server left behind.
        await runner.ResumeAsync(cancellationToken).ConfigureAwait(false);
        while (await runner.RunNextAsync(cancellationToken).ConfigureAwait(false))
        {
        }

        return (await variants.FindAsync(entry.CompressionId, cancellationToken).ConfigureAwait(false))!;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        for (int i = owned.Count - 1; i >= 0; i--) owned[i].Dispose();
        return ValueTask.CompletedTask;
    }
}
