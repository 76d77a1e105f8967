using System.Globalization;
using Mesh.Commands.Queries;
using Mesh.Commands.Topologies;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Products;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Console.Pages.Lineage;

/// <summary>Puts the lineage together from five lists, each asked for once: topologies, rules, jobs, models, and a recording when one is in focus.</summary>
/// <param name="services">What is asked.</param>
internal sealed class LineageReader(ConsoleServices services)
{
    /// <summary>Newest jobs and models that are looked at.</summary>
    public const int MaxJobs = 200;

    private readonly LineageGraph graph = new();
    private readonly Dictionary<string, string> products = new(StringComparer.Ordinal);

    /// <summary>Reads it.</summary>
    /// <param name="focusKind">Kind of the thing in focus.</param>
    /// <param name="focusId">The thing.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<LineageGraph> ReadAsync(string focusKind, string focusId, CancellationToken cancellationToken)
    {
        AddTopologies(await services.Topologies.ListAsync(cancellationToken).ConfigureAwait(false));
        foreach (var rule in await services.Triggers.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            string key = graph.Add(new LineageNode("rule", rule.Rule, rule.State, DataUrls.Rule(rule.Rule)));
            foreach (string product in rule.Product.Split(" + ")) graph.Connect(Product(product), key);
        }

        AddJobs((await services.Queries.ListJobsAsync(new JobQuery { PageSize = MaxJobs }, cancellationToken).ConfigureAwait(false)).Items);
        AddModels((await services.Queries.ListModelsAsync(new ModelQuery { PageSize = MaxJobs }, cancellationToken).ConfigureAwait(false)).Items);
        if (focusKind == "recording") await AddRecordingAsync(focusId, cancellationToken).ConfigureAwait(false);
        if (focusKind is "product" or "table" && graph.Find("product:" + focusId) is null && await services.Queries.FindTableAsync(focusId, cancellationToken).ConfigureAwait(false) is { } table) Product(table.Summary.Product, table.Summary.Table);
        return graph;
    }

    /// <summary>Key of the thing in focus: tables and versions are found by what they are called.</summary>
    public string KeyOf(string kind, string id) => kind == "table" && products.TryGetValue(id, out string? product) ? "product:" + product
        : kind == "table" ? "product:" + id
        : kind == "recording" && graph.Nodes.FirstOrDefault(node => node.Kind == "recording" && node.Id.StartsWith(id, StringComparison.Ordinal)) is { } recording ? recording.Key
        : $"{kind}:{id}";

    private void AddTopologies(IReadOnlyList<TopologyView> topologies)
    {
        foreach (var topology in topologies)
        {
            string name = $"{topology.Name}@{topology.Version.ToString(CultureInfo.InvariantCulture)}";
            string key = graph.Add(new LineageNode("topology", name, topology.State, $"/topology/{Uri.EscapeDataString(topology.Name)}?version={topology.Version.ToString(CultureInfo.InvariantCulture)}"));
            graph.Connect(graph.Add(new LineageNode("topic", topology.SourceTopic, "uploads or telemetry", DataUrls.Topic(topology.SourceTopic))), key);
            foreach (var product in topology.Declared)
            {
                graph.Connect(key, Product(product.Name, product.Table));
                if (product.Topic is { } topic) graph.Connect(Product(product.Name), graph.Add(new LineageNode("topic", topic, "its rows", DataUrls.Topic(topic))));
            }
        }
    }

    private void AddJobs(IReadOnlyList<JobEntry> jobs)
    {
        foreach (var job in jobs)
        {
            string key = graph.Add(new LineageNode("job", job.JobId, $"{job.Trainer}, {job.State.ToString().ToLowerInvariant()}", DataUrls.Job(job.JobId)));
            if (job.Rule.Length > 0) graph.Connect(graph.Add(new LineageNode("rule", job.Rule, "not in force", DataUrls.Rule(job.Rule))), key);
            if (job.ModelVersion is { } version) graph.Connect(key, graph.Add(new LineageNode("model", Name(job.Model, version), "", DataUrls.Model(job.Model, version))));
        }
    }

    private void AddModels(IReadOnlyList<ModelEntry> models)
    {
        foreach (var model in models)
        {
            string key = graph.Add(new LineageNode("model", Name(model.Name, model.Version), model.LifecycleState, DataUrls.Model(model.Name, model.Version)));
            string job = graph.Add(new LineageNode("job", model.JobId, model.Trainer, DataUrls.Job(model.JobId)));
            graph.Connect(job, key);
            foreach (var input in model.Inputs)
            {
                // Where a rule that watches the product asked for the job, the way through the rule says it.
                string product = Product(input.Product, input.Table);
                if (!graph.Up(job).Any(rule => graph.Up(rule).Contains(product))) graph.Connect(product, job);
            }
        }
    }

    private async Task AddRecordingAsync(string id, CancellationToken cancellationToken)
    {
        if (await services.Queries.FindRecordingAsync(id, cancellationToken).ConfigureAwait(false) is not { } recording) return;
        string key = graph.Add(new LineageNode("recording", recording.IngestId, $"vehicle {recording.VehicleId}", DataUrls.Recording(recording.IngestId)));
        foreach (string table in recording.Tables) graph.Connect(key, Product(products.GetValueOrDefault(table, table), table));
    }

    private string Product(string name, string? table = null)
    {
        if (table is not null) products.TryAdd(table, name);
        return graph.Add(new LineageNode("product", name, table is null || table == name ? "table" : table, DataUrls.Product(name)));
    }

    private static string Name(string model, int version) => $"{model}@{version.ToString(CultureInfo.InvariantCulture)}";
}
