using Mesh.Lakehouse.Metadata;
using Mesh.Training.Pools;

namespace Mesh.Training.Jobs;

public sealed partial class JobStore
{
    private const int MaxFiles = 200;

    /// <summary>What is known of a job beyond its entry.</summary>
    /// <param name="job">The job.</param>
    /// <param name="jobsFolder">Folder of the jobs.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async ValueTask<JobDetails> DescribeAsync(JobEntry job, string jobsFolder, CancellationToken cancellationToken)
    {
        var (request, attempts) = await database.ReadAsync(
            async session => (await FindRequestAsync(session, job.JobId).ConfigureAwait(false), await UsageStore.ListAttemptsAsync(session, job.JobId).ConfigureAwait(false)),
            cancellationToken).ConfigureAwait(false);
        var folder = new JobFolder(Path.Combine(jobsFolder, job.JobId));
        bool isHere = Directory.Exists(folder.Path);
        return new JobDetails
        {
            Topology = request is null ? "" : $"{request.Topology}@{request.TopologyVersion}",
            Because = request?.Reason ?? "",
            Hyperparameters = request is null ? new SortedDictionary<string, string>() : new SortedDictionary<string, string>(request.Hyperparameters, StringComparer.Ordinal),
            Needs = new JobNeedsView(request?.Accelerator ?? "", request?.Accelerators ?? 0, request?.Cores ?? 0, request?.MemoryBytes ?? 0, request?.MaxSeconds ?? 0, request?.OnDemandOnly ?? false),
            Inputs = [.. (request?.Inputs ?? []).Select(input => new JobInputView(input.Product, input.Table, Text(input.ToSnapshotId), Text(input.FromSnapshotId), input.NewRows))],
            Attempts = attempts,
            Checkpoints = isHere ? Files(folder.Checkpoint) : null,
            Outputs = isHere ? Files(folder.OutputOf(job.Attempts)) : null,
            LogBytes = new FileInfo(folder.LogFile) is { Exists: true } log ? log.Length : 0,
        };
    }

    private static string Text(long id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static IReadOnlyList<JobFileView> Files(string folder)
    {
        var place = new DirectoryInfo(folder);
        if (!place.Exists) return [];
        try
        {
            return
            [
                .. place.EnumerateFiles("*", SearchOption.AllDirectories).Take(MaxFiles)
                    .Select(file => new JobFileView(Path.GetRelativePath(folder, file.FullName).Replace('\\', '/'), file.Length, file.LastWriteTimeUtc)).OrderBy(file => file.Path, StringComparer.Ordinal),
            ];
        }
        catch (IOException)
        {
            // A trainer that is just tidying up; the next look finds what is left.
            return [];
        }
    }
}
