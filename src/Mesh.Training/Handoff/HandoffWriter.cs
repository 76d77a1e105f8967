using System.Globalization;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Compression;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Lineage;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Handoff.Bom;
using Mesh.Training.Handoff.Contract;
using Mesh.Training.Handoff.Evidence;
using Mesh.Training.Handoff.Provenance;
using Mesh.Training.Handoff.Signing;
using Mesh.Training.Handoff.Verification;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Running;

namespace Mesh.Training.Handoff;

/// <summary>
/// Writes the bundle that a deployment team gets: into a temporary folder, verified there as the receiver will, and only then renamed. The same
/// version at the same time gives the same bytes, signatures apart.
/// </summary>
/// <remarks>
/// Errors: <c>MESH9500</c> the version may not be handed over, <c>MESH9501</c> the target is there, <c>MESH9502</c> files of the version are
/// missing or changed, <c>MESH9505</c> the bundle cannot be written, <c>MESH9507</c> what was written does not verify.
/// </remarks>
public sealed class HandoffWriter
{
    private readonly MetadataDatabase database;
    private readonly ModelGovernance governance;
    private readonly ModelStore models;
    private readonly JobStore jobs;
    private readonly TimeProvider time;

    /// <param name="database">Registry, jobs and decisions.</param>
    /// <param name="governance">Decisions.</param>
    /// <param name="time">Clock.</param>
    public HandoffWriter(MetadataDatabase database, ModelGovernance governance, TimeProvider time)
    {
        this.database = database;
        this.governance = governance;
        this.time = time;
        models = new ModelStore(database);
        jobs = new JobStore(database);
    }

    /// <summary>Writes a bundle.</summary>
    /// <exception cref="MeshException">See the remarks.</exception>
    public async Task<HandoffResult> WriteAsync(HandoffRequest request, CancellationToken cancellationToken)
    {
        string target = Path.GetFullPath(request.Target);
        RequireFree(target);
        string subject = ModelReference.Text(request.Name, request.Version);
        var entry = await models.FindAsync(request.Name, request.Version, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH9620", $"There is no {subject}. `mesh models list` shows the versions there are.");
        var lineage = (await governance.Lineage.FindAsync(request.Name, request.Version, cancellationToken).ConfigureAwait(false))!;
        await RequireMayLeaveAsync(entry, lineage, subject, cancellationToken).ConfigureAwait(false);
        string folder = EvaluationFile.FolderOf(entry) is { } own && Directory.Exists(own)
            ? own
            : throw new MeshException("MESH9502", $"The files of {subject} are not on this machine ('{entry.Uri}'). Ask the server that has them: `--server URL`.");
        string temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(temporary);
            var leftOut = CopyFiles(entry, folder, temporary, Path.Combine(request.JobsFolder, entry.JobId));
            await WriteDocumentsAsync(request, entry, lineage, temporary, cancellationToken).ConfigureAwait(false);
            return Finish(request, temporary, target, leftOut);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9505", $"The bundle cannot be written to '{target}': {exception.Message}", innerException: exception);
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>Asks that a bundle may be written to a place.</summary>
    internal static void RequireFree(string target)
    {
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new MeshException("MESH9501", $"'{target}' is there already. A bundle is written once and never into another; name a folder that is not there.");
        }
    }

    private async Task RequireMayLeaveAsync(ModelEntry entry, ModelLineage lineage, string subject, CancellationToken cancellationToken)
    {
        var lifecycle = governance.Lifecycle;
        if (!ApprovalCheck.MayBeHandedOver(lifecycle, entry.LifecycleState))
        {
            var missing = new List<string>();
            var (to, _, approvals) = await governance.ListApprovalsAsync(entry.Name, entry.Version, cancellationToken).ConfigureAwait(false);
            if (approvals is not null) missing.Add(approvals);
            else if (to.Length > 0) missing.Add($"the move to {to}: `mesh models promote {subject} --to {to}`");
            else if (lifecycle.NextOf(entry.LifecycleState) is { Count: > 0 } next) missing.Add($"the way there, which begins with {string.Join(" or ", next)}");
            string allowed = string.Join(" or ", lifecycle.States.Where(state => ApprovalCheck.MayBeHandedOver(lifecycle, state)));
            throw new MeshException("MESH9500", $"{subject} is {entry.LifecycleState}; handed over are versions that are {allowed}. Missing is: {string.Join("; ", missing.DefaultIfEmpty("nothing leads there from this state"))}.");
        }

        string[] withdrawn = [.. lineage.Recordings.Where(recording => recording.Withdrawn is not null).Select(recording => recording.IngestId)];
        if (withdrawn.Length > 0) throw new MeshException("MESH9500", $"{subject} saw {withdrawn.Length} recordings whose consent was withdrawn, for example {withdrawn[0]}. Missing is a decision about it: release a version that did not see them.");
    }

    private static List<string> CopyFiles(ModelEntry entry, string source, string target, string job)
    {
        var leftOut = new List<string>();
        string variants = Path.Combine(source, HandoffFiles.Variants);
        var folders = Directory.Exists(variants) ? Directory.GetDirectories(variants).Where(folder => File.Exists(Path.Combine(folder, VariantManifest.FileName))).Order(StringComparer.Ordinal).ToList() : [];
        string[] apart = [JobOutput.CardFile, JobOutput.EvaluationFile, JobOutput.MetricsFile];
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(source, file).Replace('\\', '/');
            if (name.StartsWith($"{HandoffFiles.Variants}/", StringComparison.Ordinal) || apart.Contains(name)) continue;
            Copy(file, Path.Combine(target, HandoffFiles.ModelFolder, name));
        }

        Copy(Path.Combine(source, JobOutput.CardFile), Path.Combine(target, HandoffFiles.TrainerCard));
        if (File.Exists(Path.Combine(source, JobOutput.EvaluationFile))) Copy(Path.Combine(source, JobOutput.EvaluationFile), Path.Combine(target, HandoffFiles.Evaluation));
        string spec = new JobFolder(job).SpecFile;
        if (File.Exists(spec)) Copy(spec, Path.Combine(target, HandoffFiles.JobSpec));
        foreach (string folder in folders)
        {
            var manifest = VariantManifest.Read(folder);
            if (manifest.Status == VariantStatus.Failed)
            {
                leftOut.Add($"{manifest.Profile}: {manifest.Reason}");
                continue;
            }

            string place = Path.Combine(target, HandoffFiles.Variants, Path.GetFileName(folder));
            Copy(Path.Combine(folder, VariantManifest.FileName), Path.Combine(place, VariantManifest.FileName));
            foreach (var file in manifest.Files)
            {
                if (!BundleFolder.IsPlain(file.Path)) throw new MeshException("MESH9502", $"The variant {manifest.Profile} lists '{file.Path}', which is no name of a file in its folder. Make it again with `mesh models compress`.");
                Copy(Path.Combine(folder, file.Path), Path.Combine(place, file.Path));
            }
        }

        var bundle = new BundleFolder(target);
        if (!bundle.Has(HandoffFiles.Model)) throw new MeshException("MESH9502", $"'{entry.Uri}' is missing.");
        string sha256 = bundle.Digest(HandoffFiles.Model).Sha256;
        return sha256 == entry.Sha256 ? leftOut : throw new MeshException("MESH9502", $"'{entry.Uri}' has SHA-256 {sha256}, registered is {entry.Sha256}: the file was changed, and nothing that was decided holds for it.");
    }

    private static void Copy(string from, string to)
    {
        // What is shipped is bytes, never where somebody's link points to.
        if (new FileInfo(from) is not { Exists: true, LinkTarget: null }) throw new MeshException("MESH9502", $"'{from}' is missing or is a link; the files of a version are not complete.");
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        using var source = File.OpenRead(from);
        using var file = new FileStream(to, FileMode.CreateNew, FileAccess.Write);
        source.CopyTo(file);
        file.Flush(flushToDisk: true);
    }

    private async Task WriteDocumentsAsync(HandoffRequest request, ModelEntry entry, ModelLineage lineage, string folder, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUniversalTime();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
        Directory.CreateDirectory(Path.Combine(folder, HandoffFiles.Keys));
        var decisions = File.Create(Path.Combine(folder, HandoffFiles.Decisions));
        long entries;
        await using (decisions.ConfigureAwait(false)) entries = await governance.ExportAsync(decisions, cancellationToken).ConfigureAwait(false);
        Write(HandoffFiles.Policy, System.Text.Encoding.UTF8.GetBytes(governance.Lifecycle.Source));
        foreach (var identity in await governance.Identities.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            Write($"{HandoffFiles.Keys}/{identity.KeySha256}.pem", System.Text.Encoding.ASCII.GetBytes(identity.PublicKey));
        }

        var facts = new HandoffFacts(new BundleFolder(folder));
        // The end is read from the file that was just written: between two questions to the database somebody may decide.
        string head = facts.Decisions.Count == 0 ? Governance.Audit.Decision.NoPrevious : facts.Decisions[^1].Hash;
        var profiles = ContractCheck.Profiles(facts.Folder).Order(StringComparer.Ordinal).ToList();
        Write(HandoffFiles.Manifest, HandoffJson.Write(new HandoffManifest
        {
            CreatedAt = now,
            CreatedBy = $"mesh {request.CodeVersion}",
            Subject = new HandoffSubject(entry.Name, entry.Version, entry.LifecycleState, entry.Sha256, entry.Bytes, entry.RegisteredAt.ToUniversalTime()),
            Author = await governance.FindAuthorAsync(entry.Name, entry.Version, cancellationToken).ConfigureAwait(false),
            PolicySha256 = governance.Lifecycle.Sha256,
            Anchor = new HandoffAnchor(entries, head),
            SignerSha256 = request.Key.Sha256,
            Jobs = [entry.JobId],
            Variants = profiles,
        }));
        Write(HandoffFiles.Lineage, HandoffJson.Write(lineage));
        Write(HandoffFiles.Contract, HandoffJson.Write(ContractWriter.Make(facts, profiles)));
        var job = await jobs.FindAsync(entry.JobId, cancellationToken).ConfigureAwait(false);
        string? baseSha256 = facts.Spec?.Model.BaseVersion is { } version ? (await models.FindAsync(entry.Name, version, cancellationToken).ConfigureAwait(false))?.Sha256 : null;
        Write(HandoffFiles.ProvenanceOf(entry.JobId), ProvenanceWriter.Write(facts, job, baseSha256, request.Key));
        foreach (string profile in profiles) Write(HandoffFiles.ProvenanceOfVariant(profile), VariantProvenance.Write(facts, profile, request.CodeVersion, request.Key));
        Write(HandoffFiles.Bom, BomWriter.Write(facts));
        Write(HandoffFiles.Card, ModelCardText.Write(facts));
        Write(HandoffFiles.Index, HandoffJson.Write(EvidenceWriter.Make(facts)));

        void Write(string name, byte[] bytes)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, bytes);
        }
    }

    private HandoffResult Finish(HandoffRequest request, string temporary, string target, List<string> leftOut)
    {
        var folder = new BundleFolder(temporary);
        var files = folder.List().Select(file => (file.Name, Digest: folder.Digest(file.Name))).ToList();
        string name = string.Create(CultureInfo.InvariantCulture, $"{request.Name}-{request.Version}");
        AtomicFile.Write(Path.Combine(temporary, HandoffFiles.Signature), OmsBundle.Sign(name, files.Select(file => new OmsResource(file.Name, "sha256", file.Digest.Sha256)), request.Key));
        var report = HandoffVerifier.Verify(temporary, null, time);
        // A claim that does not hold is told, not hidden: it goes out with the bundle, and whoever verifies that is stopped by it.
        var wrong = report.Checks.SelectMany(check => check.Findings).Where(finding => finding.Code != "MESH9586").ToList();
        if (wrong.Count > 0) throw new MeshException("MESH9507", $"The bundle was not written, because it would be refused: {string.Join("; ", wrong.Select(finding => $"{finding.Code} {finding.File}: {finding.Problem}"))}. {wrong[0].Remedy}");
        if (Directory.Exists(target)) Directory.Delete(target);
        Directory.Move(temporary, target);
        FolderSync.Flush(Path.GetDirectoryName(target)!);
        return new HandoffResult(target, files.Count + 1, files.Sum(file => file.Digest.Bytes), leftOut, report with { Folder = target });
    }
}
