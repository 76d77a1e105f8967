using Mesh.Model;

namespace Mesh.Commands.Topologies.Testing;

/// <summary>Runs the cases of topology tests, each on a lake of its own in a temporary folder.</summary>
public static class TopologyTestRunner
{
    /// <summary>Runs one case.</summary>
    /// <param name="test">The file it stands in.</param>
    /// <param name="case">The case.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH11040</c> the topology has errors; <c>MESH2322</c> a recording cannot be read.</exception>
    public static async Task<TopologyTestResult> RunAsync(TopologyTestFile test, TopologyTestCase @case, TimeProvider time, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        var plan = TopologyPlan.Load(test.TopologyPath);
        string folder = Directory.CreateTempSubdirectory("mesh-topology-test-").FullName;
        try
        {
            using var lake = new TestLake(folder, plan, time);
            for (int i = 0; i < @case.Uploads.Count; i++)
            {
                var upload = @case.Uploads[i];
                string path = Path.Combine(folder, $"upload-{i + 1}{upload.Extension}");
                await TestRecording.WriteAsync(upload, path, cancellationToken).ConfigureAwait(false);
                for (int sent = 0; sent < upload.Times; sent++) await lake.UploadAsync(path, upload.Vehicle, cancellationToken).ConfigureAwait(false);
            }

            var differences = await CompareAsync(@case.Expect, lake, ProductNames.Of(plan.Topology), cancellationToken).ConfigureAwait(false);
            differences.AddRange(await CompareTriggersAsync(@case.Expect, plan, lake, cancellationToken).ConfigureAwait(false));
            return new TopologyTestResult(test.Path, @case.Name, differences.Count == 0, differences, time.GetElapsedTime(start).TotalSeconds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<List<string>> CompareAsync(TestExpectation expected, TestLake lake, ProductNames names, CancellationToken cancellationToken)
    {
        var differences = new List<string>();
        if (lake.Duplicates != expected.Duplicates) differences.Add($"expected {expected.Duplicates} duplicates, found {lake.Duplicates}");
        string found = lake.Letters.Count == 0 ? "none" : string.Join(", ", lake.Letters.OrderBy(letter => letter.Key, StringComparer.Ordinal).Select(letter => $"{letter.Value} of {letter.Key}"));
        if (expected.DeadLetters is { } count)
        {
            if (lake.Letters.Values.Sum() != count) differences.Add($"expected {count} dead letters, found {found}");
        }
        else if (expected.DeadLettersByCode.Any(letter => lake.Letters.GetValueOrDefault(letter.Key) != letter.Value) || lake.Letters.Keys.Except(expected.DeadLettersByCode.Keys).Any())
        {
            differences.Add($"expected dead letters {string.Join(", ", expected.DeadLettersByCode.Select(letter => $"{letter.Value} of {letter.Key}"))}, found {found}");
        }

        foreach (var (name, product) in expected.Products)
        {
            if (names.TableOf(name) is { } table) differences.AddRange(await ProductCheck.CompareAsync(name, product, lake.Tables, table, cancellationToken).ConfigureAwait(false));
            else differences.Add($"{name} is neither a product of the topology nor a table (NAMESPACE.NAME)");
        }

        foreach (string name in expected.Absent)
        {
            if (names.TableOf(name) is { } table && await lake.Tables.FindAsync(table, cancellationToken).ConfigureAwait(false) is not null) differences.Add($"{name}: expected no table, but there is {table}");
        }

        return differences;
    }

    private static async Task<List<string>> CompareTriggersAsync(TestExpectation expected, TopologyPlan plan, TestLake lake, CancellationToken cancellationToken)
    {
        var differences = new List<string>();
        if (expected.Triggers.Count == 0) return differences;
        var firings = await lake.ListFiringsAsync(cancellationToken).ConfigureAwait(false);
        var statuses = await lake.ListTriggersAsync(cancellationToken).ConfigureAwait(false);
        foreach (var (name, trigger) in expected.Triggers)
        {
            if (plan.Triggers.All(rule => rule.Name != name))
            {
                differences.Add($"{name} is no trigger of the topology");
                continue;
            }

            var own = firings.Where(firing => firing.Rule == name).ToList();
            int fired = own.Select(firing => firing.TriggerId).Distinct().Count();
            string left = string.Join("; ", statuses.Where(status => status.Rule == name).Select(status => $"{status.Product} {status.Reason}"));
            if (fired != trigger.Fired) differences.Add(FormattableString.Invariant($"{name}: expected to fire {trigger.Fired} times, fired {fired} times; left is {left}"));
            long rows = own.Sum(firing => firing.NewRows);
            if (trigger.NewRows is { } count && count != rows) differences.Add(FormattableString.Invariant($"{name}: expected to fire for {count:N0} new rows, fired for {rows:N0}"));
        }

        return differences;
    }
}
