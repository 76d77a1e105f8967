using System.Diagnostics;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Governance;
using Mesh.Training.Models;

namespace Mesh.Training.Compression;

public sealed partial class CompressionRunner
{
    private async Task RunAttemptAsync(VariantStore.Row claimed, CancellationToken cancellationToken)
    {
        var compression = claimed.ToEntry();
        using var activity = MeshTracing.Continue("compress model", ActivityKind.Consumer, claimed.TraceParent);
        activity.SetTag("mesh.compression.id", compression.CompressionId).SetTag("mesh.model", ModelReference.Text(compression.Model, compression.Version));
        try
        {
            if (compression.Attempts > options.MaxAttempts) throw new MeshException("MESH9406", $"Given up after {options.MaxAttempts} attempts that were all interrupted; the log of the server may tell why.");
            var (model, others) = await LoadAsync(compression, cancellationToken).ConfigureAwait(false);
            if (IsRejected(model))
            {
                await NoteAsync(transaction => VariantStore.EndAsync(transaction, compression.CompressionId, CompressionState.Skipped, null, $"the version was rejected meanwhile: {model.Reason}", NowUs())).ConfigureAwait(false);
                return;
            }

            var profiles = options.Targets.Select(compression.Profiles);
            var made = await compressor.MakeAsync(model, profiles, compression.RequestedAt, others, cancellationToken).ConfigureAwait(false);
            CrashPoint.Reach("compression.after-variants");
            await RegisterAsync(compression, model, [.. made.Select(one => new VariantEntry(one.Manifest, one.Sha256, new Uri(one.Folder + Path.DirectorySeparatorChar).AbsoluteUri, compression.CompressionId))], cancellationToken)
                .ConfigureAwait(false);
            CrashPoint.Reach("compression.after-register");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await NoteAsync(transaction => VariantStore.RequeueAsync(transaction, compression.CompressionId, claimed.Failures, null, "stopped; resumes on the next start", 0)).ConfigureAwait(false);
            throw;
        }
        catch (MeshException exception)
        {
            activity.Fail(exception);
            await EndFailedAttemptAsync(claimed, exception).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            activity.Fail(exception);
            // A full disk or a folder that is not ours: somebody may make room.
            await EndFailedAttemptAsync(claimed, new MeshException("MESH9407", $"{exception.Message} Check the space and permissions of the models' folder.", isTransient: true)).ConfigureAwait(false);
        }
    }

    private async Task<(ModelEntry Model, IReadOnlyList<VariantManifest> Others)> LoadAsync(CompressionEntry compression, CancellationToken cancellationToken) => await database.ReadAsync(
        async session => (
            await ModelStore.LoadAsync(session, compression.Model, compression.Version).ConfigureAwait(false)
                ?? throw new MeshException("MESH9405", $"There is no model {ModelReference.Text(compression.Model, compression.Version)} in this catalogue; the event is of another."),
            (IReadOnlyList<VariantManifest>)[.. (await VariantStore.ListAsync(session, compression.Model, compression.Version).ConfigureAwait(false)).Select(entry => entry.Manifest)]),
        cancellationToken).ConfigureAwait(false);

    private async Task RegisterAsync(CompressionEntry compression, ModelEntry model, IReadOnlyList<VariantEntry> variants, CancellationToken cancellationToken)
    {
        string outcome = string.Join(", ", variants.GroupBy(variant => variant.Manifest.Status).OrderBy(group => group.Key).Select(group => $"{group.Count()} {VariantNames.Of(group.Key)}"));
        bool isOurs = await database.WriteAsync(
            async transaction =>
            {
                if (!await VariantStore.EndAsync(transaction, compression.CompressionId, CompressionState.Done, null, outcome, NowUs()).ConfigureAwait(false)) return false;
                foreach (var variant in variants) await VariantStore.PutAsync(transaction, variant).ConfigureAwait(false);
                await Outbox.AddAsync(transaction, Topics.ModelCompressed, model.Name, ModelCompressed.Descriptor.FullName, Event(compression, model, variants).ToByteArray()).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        if (isOurs) Log.ModelCompressed(logger, compression.CompressionId, outcome);
    }

    private ModelCompressed Event(CompressionEntry compression, ModelEntry model, IReadOnlyList<VariantEntry> variants)
    {
        var message = new ModelCompressed
        {
            Model = model.Name, Version = model.Version, CompressionId = compression.CompressionId, ModelSha256 = model.Sha256, CompressedAtUs = NowUs(),
        };
        foreach (var variant in variants)
        {
            var described = new CompressedVariant
            {
                Profile = variant.Manifest.Profile, Target = VariantNames.Of(variant.Manifest.Target), Status = VariantNames.Of(variant.Manifest.Status), Reason = variant.Manifest.Reason,
                FolderUri = variant.Uri, ManifestSha256 = variant.ManifestSha256,
            };
            if (variant.Manifest.Validation is { } validation)
            {
                described.Bytes = validation.Bytes;
                if (validation.Accuracy is { } accuracy) described.Accuracy = accuracy;
                if (validation.Agreement is { } agreement) described.Agreement = agreement;
            }

            message.Variants.Add(described);
        }

        return message;
    }

    private async Task EndFailedAttemptAsync(VariantStore.Row claimed, MeshException failure)
    {
        int failures = claimed.Failures + 1;
        if (failure.IsTransient && failures < options.MaxFailures)
        {
            Log.CompressionRetries(logger, claimed.CompressionId, failure.Code, failure.Message);
            long notBefore = UnixMicros.Of(time.GetUtcNow() + options.RetryDelay * Math.Pow(2, failures - 1));
            await NoteAsync(transaction => VariantStore.RequeueAsync(transaction, claimed.CompressionId, failures, failure.Code, failure.Message, notBefore)).ConfigureAwait(false);
            return;
        }

        Log.CompressionFailed(logger, claimed.CompressionId, failure.Code, failure.Message);
        await NoteAsync(transaction => VariantStore.EndAsync(transaction, claimed.CompressionId, CompressionState.Failed, failure.Code, failure.Message, NowUs())).ConfigureAwait(false);
    }

    // How an attempt ended is noted even while stopping and waited for while the disk is full; else it would look as if it ran on.
    private async Task NoteAsync(Func<MetadataTransaction, Task> note)
    {
        while (true)
        {
            try
            {
                await database.WriteAsync(note, CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                Log.WaitsForDatabase(logger, exception.Message);
                await Task.Delay(DatabaseRetry, time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private long NowUs() => UnixMicros.Of(time.GetUtcNow());
}
