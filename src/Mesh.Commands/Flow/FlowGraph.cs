using Mesh.Commands.Topologies;
using Mesh.Kafka;
using Mesh.Lakehouse;
using Mesh.Streaming.DeadLetters;
using Mesh.Streaming.Topologies;
using Mesh.Trigger;

namespace Mesh.Commands.Flow;

/// <summary>Makes the graph of the running system: the way of an upload from its producer to a model, with what leads back.</summary>
internal sealed class FlowGraph
{
    private const string Catalogue = "stage:catalogue", Trigger = "stage:trigger", Training = "stage:training", Replay = "stage:replay";

    private readonly FlowParts parts;
    private readonly Dictionary<string, FlowNode> nodes = new(StringComparer.Ordinal);
    private readonly List<FlowNode> order = [];
    private readonly List<FlowEdge> edges = [];
    private readonly HashSet<(string, string)> joined = [];

    private FlowGraph(FlowParts parts) => this.parts = parts;

    /// <summary>The graph.</summary>
    public static FlowView Of(FlowParts parts)
    {
        var graph = new FlowGraph(parts);
        graph.AddUploads();
        foreach (var plan in parts.Plans) graph.AddPipeline(plan);
        graph.AddCatalogue();
        foreach (var plan in parts.Plans) graph.AddProducts(plan);
        graph.AddTables();
        graph.AddTraining();
        graph.AddDeadLetters();
        return new FlowView(
            [.. graph.order.Select(node => graph.nodes[node.Id])], graph.edges, parts.Stages, parts.Measures?.At, parts.Measures?.Window ?? TimeSpan.Zero);
    }

    private void AddUploads()
    {
        Add(new FlowNode("source:uploads", FlowKind.Source, "Producers") { Detail = "upload recordings", Rate = parts.Measures?.CounterRate(FlowMetricNames.UploadBytes), RateUnit = "bytes" });
        Topic(Topics.Uploads);
        Join("source:uploads", TopicId(Topics.Uploads), parts.Measures?.TopicRate(Topics.Uploads), "records");

        // Producers with nothing but a Kafka client are few; without any the way they take is left out.
        if (parts.Measures?.Records(Topics.UploadChunks) is not > 0) return;
        Topic(Topics.UploadChunks);
        Stage("chunks", "chunks", "puts recordings together");
        Read(Topics.UploadChunks, "stage:chunks", "mesh.upload");
        Join("stage:chunks", TopicId(Topics.Uploads));
    }

    private void AddPipeline(TopologyPlan plan)
    {
        var (topology, name) = (plan.Topology, plan.FullName);
        var running = StageOf($"ingest {name}");
        if (topology.SourceTopic == Topics.Telemetry) Add(new FlowNode("source:telemetry", FlowKind.Source, "Vehicles") { Detail = "send live messages" });
        Topic(topology.SourceTopic);
        if (topology.SourceTopic == Topics.Telemetry) Join("source:telemetry", TopicId(Topics.Telemetry), parts.Measures?.TopicRate(Topics.Telemetry), "records");

        bool isLive = plan.Telemetry is not null;
        string decode = DecodeId(plan);
        string messages = isLive ? FlowMetricNames.TelemetryMessages : FlowMetricNames.IngestMessages;
        Add(running with
        {
            Id = decode, Name = isLive ? "telemetry" : "decode", Detail = name, Topology = name,
            Rate = parts.Measures?.CounterRate(messages, topology.Name), RateUnit = "messages",
            QueueBytes = Gauge(isLive ? FlowMetricNames.TelemetryQueue : FlowMetricNames.IngestQueue, topology.Name),
            QueueLimitBytes = isLive ? null : Gauge(FlowMetricNames.IngestQueueLimit, topology.Name),
            Waiting = isLive ? null : Gauge(FlowMetricNames.IngestWaiting, topology.Name),
            Working = isLive ? null : Gauge(FlowMetricNames.IngestWorking, topology.Name),
        });
        Read(topology.SourceTopic, decode, topology.Group);
        foreach (var group in plan.Ingest.Synchronise)
        {
            Add(running with { Id = SynchroniseId(plan, group.Name), Name = "synchronise", Detail = group.Name, Topology = name });
            Join(decode, SynchroniseId(plan, group.Name));
        }

        if (isLive) return;
        string partition = PartitionId(plan);
        Add(running with { Id = partition, Name = "partition", Detail = name, Topology = name, Rate = RowsOf(topology.Name), RateUnit = "rows" });
        Join(new FlowEdge(decode, partition)
        {
            Rate = RowsRate(FlowMetricNames.IngestRows, topology.Name), RateUnit = "rows", QueueBytes = Gauge(FlowMetricNames.IngestQueue, topology.Name),
        });
        foreach (var group in plan.Ingest.Synchronise) Join(SynchroniseId(plan, group.Name), partition);
        Topic(Topics.FilesWritten);
        Join(partition, TopicId(Topics.FilesWritten));
    }

    private void AddCatalogue()
    {
        Topic(Topics.FilesWritten);
        Stage("catalogue", "catalogue", "commits snapshots");
        nodes[Catalogue] = nodes[Catalogue] with { Rate = parts.Measures?.CounterRate(FlowMetricNames.CatalogueRows), RateUnit = "rows" };
        Read(Topics.FilesWritten, Catalogue, "mesh.catalogue");
        Topic(Topics.SnapshotCommitted);
        Join(Catalogue, TopicId(Topics.SnapshotCommitted), parts.Measures?.TopicRate(Topics.SnapshotCommitted), "records");
    }

    private void AddProducts(TopologyPlan plan)
    {
        string name = plan.FullName;
        foreach (var group in plan.Ingest.Synchronise) Table(plan, plan.Topology.Tables.OfSynchronised(group.Name));
        foreach (var product in ProductsSection.Read(plan.Topology))
        {
            var table = product.TableIn(plan.Topology.Tables);
            Table(plan, table);
            string id = ProductId(product.Name, plan);
            Add(new FlowNode(id, FlowKind.Product, product.Name) { Detail = name, Topology = name });
            Join(TableId(table), id);
            if (product.Topic is null) continue;
            Topic(product.Topic.Name);
            Stage("publish", "publish", "puts rows on topics");
            Read(Topics.SnapshotCommitted, "stage:publish", "mesh.publish");
            Join("stage:publish", TopicId(product.Topic.Name), parts.Measures?.TopicRate(product.Topic.Name), "records");
            Join(id, TopicId(product.Topic.Name));
        }
    }

    private void AddTables()
    {
        foreach (var table in parts.Tables.OrderBy(table => table.ToString(), StringComparer.Ordinal))
        {
            if (nodes.ContainsKey(TableId(table))) continue;
            foreach (var plan in parts.Plans.Where(plan => IsOf(plan, table))) Table(plan, table);
        }
    }

    private void AddTraining()
    {
        Stage("trigger", "trigger", "evaluates rules");
        Read(Topics.SnapshotCommitted, Trigger, "mesh.trigger");
        foreach (var rule in ActiveTopologies.TriggersOf(parts.Plans))
        {
            string topology = $"{rule.Topology}@{rule.TopologyVersion}", id = $"trigger:{rule.Name}";
            Add(new FlowNode(id, FlowKind.Trigger, rule.Name) { Detail = $"{rule.Job.Trainer} on {rule.Job.Pool}", Topology = topology });
            foreach (string input in rule.Products) AddInput(rule, input, id);
            Join(id, Trigger);
        }

        Topic(Topics.JobRequested);
        Join(Trigger, TopicId(Topics.JobRequested), parts.Measures?.TopicRate(Topics.JobRequested), "records");
        Stage("training", "training", "starts jobs");
        Read(Topics.JobRequested, Training, "mesh.training");
        Topic(Topics.ModelRegistered);
        foreach (var pool in parts.Pools)
        {
            string id = $"job:{pool.Name}";
            Add(new FlowNode(id, FlowKind.Job, pool.Name)
            {
                Detail = $"pool of {pool.Slots}", Working = pool.Running.Count, Waiting = pool.Waiting.Count, Health = FlowHealth.Ok,
            });
            Join(Training, id);
            Join(id, TopicId(Topics.ModelRegistered));
        }

        if (parts.Pools.Count == 0) Join(Training, TopicId(Topics.ModelRegistered));
        Stage("compression", "compression", "makes variants");
        Read(Topics.ModelRegistered, "stage:compression", "mesh.compression");
        Topic(Topics.ModelCompressed);
        Join("stage:compression", TopicId(Topics.ModelCompressed), parts.Measures?.TopicRate(Topics.ModelCompressed), "records");
    }

    private void AddInput(TriggerRule rule, string input, string id)
    {
        var plan = parts.Plans.FirstOrDefault(plan => plan.Topology.Name == rule.Topology && plan.Topology.Version == rule.TopologyVersion && nodes.ContainsKey(ProductId(input, plan)))
            ?? parts.Plans.FirstOrDefault(plan => nodes.ContainsKey(ProductId(input, plan)));
        if (plan is not null) Join(ProductId(input, plan), id);
        else if (nodes.ContainsKey($"table:{input}")) Join($"table:{input}", id);
    }

    // Dead letters lead back: through the index, and from there by replay to where they came from.
    private void AddDeadLetters()
    {
        var writers = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var plan in parts.Plans)
        {
            Writer("decode", DecodeId(plan));
            if (plan.Telemetry is null) Writer("partition", PartitionId(plan));
            foreach (var group in plan.Ingest.Synchronise) Writer("synchronise", SynchroniseId(plan, group.Name));
        }

        foreach (string stage in (string[])["catalogue", "trigger", "training", "compression"]) Writer(stage, $"stage:{stage}");
        Writer("upload", nodes.ContainsKey("stage:chunks") ? "stage:chunks" : "source:uploads");
        var found = writers.Keys.Where(stage => parts.OpenLetters.GetValueOrDefault(stage) > 0 || parts.Measures?.Records(Topics.DeadLetters(stage)) is > 0).ToList();
        if (found.Count == 0) return;
        foreach (string stage in found)
        {
            string topic = Topics.DeadLetters(stage);
            Topic(topic);
            foreach (string writer in writers[stage]) Join(writer, TopicId(topic), parts.Measures?.TopicRate(topic), "records");
            long open = parts.OpenLetters.GetValueOrDefault(stage);
            nodes[TopicId(topic)] = nodes[TopicId(topic)] with
            {
                OpenLetters = open, Health = open > 0 ? FlowHealth.Broken : nodes[TopicId(topic)].Health,
                Problem = open > 0 ? $"{open:N0} dead letters of {stage} wait for somebody." : nodes[TopicId(topic)].Problem,
            };
        }

        Stage("dead-letters", "dead letters", "keeps the index");
        foreach (string stage in found) Read(Topics.DeadLetters(stage), "stage:dead-letters", DeadLetterIndexer.Group);
        Stage("replay", "replay", "brings them back");
        Join("stage:dead-letters", Replay);
        foreach (var plan in parts.Plans.Where(plan => plan.Telemetry is null)) Join(Replay, DecodeId(plan));

        void Writer(string stage, string id)
        {
            if (!nodes.ContainsKey(id)) return;
            if (writers.TryGetValue(stage, out var known)) known.Add(id);
            else writers.Add(stage, [id]);
        }
    }

    private void Table(TopologyPlan plan, TableIdentifier table)
    {
        string id = TableId(table), topology = plan.FullName;
        if (nodes.TryGetValue(id, out var known))
        {
            if (known.Topology != topology) nodes[id] = known with { Topology = "" };
        }
        else
        {
            Add(new FlowNode(id, FlowKind.Table, table.ToString()) { Topology = topology, Detail = parts.Tables.Contains(table) ? "" : "not made yet" });
        }

        if (plan.Telemetry is null) Join(Catalogue, id);
        else
        {
            var group = plan.Ingest.Synchronise.FirstOrDefault(group => plan.Topology.Tables.OfSynchronised(group.Name) == table);
            Join(group is null ? DecodeId(plan) : SynchroniseId(plan, group.Name), id);
        }
    }

    private static bool IsOf(TopologyPlan plan, TableIdentifier table)
    {
        var names = plan.Topology.Tables;
        int suffix = table.Name.LastIndexOf("_v", StringComparison.Ordinal);
        int version = suffix > 0 && int.TryParse(table.Name.AsSpan(suffix + 2), System.Globalization.NumberStyles.None, null, out int number) ? number : 1;
        return table.Namespace == names.Namespace && version == names.Version;
    }

    private void Topic(string topic)
    {
        if (nodes.ContainsKey(TopicId(topic))) return;
        Add(new FlowNode(TopicId(topic), FlowKind.Topic, topic)
        {
            Rate = parts.Measures?.TopicRate(topic), RateUnit = "records", Records = parts.Measures?.Records(topic), Bytes = parts.Measures?.Bytes(topic),
            Health = parts.Measures?.TopicRate(topic) is null ? FlowHealth.Unknown : FlowHealth.Ok,
        });
    }

    private void Stage(string stage, string name, string detail) => Add(StageOf(stage) with { Id = $"stage:{stage}", Name = name, Detail = detail });

    // A stage that this server was not given to run may run on another one.
    private FlowNode StageOf(string stage)
    {
        var view = parts.Stages.FirstOrDefault(view => view.Name == stage);
        var node = new FlowNode("", FlowKind.Stage, stage) { Restarts = view?.Restarts ?? 0, LastError = view?.LastError ?? "" };
        return view?.State switch
        {
            "running" => node with { Health = FlowHealth.Ok },
            "restarting" => node with { Health = FlowHealth.Broken, Problem = $"It failed and is being started again: {view.LastError}" },
            null => node with { Problem = "This server does not run it." },
            _ => node with { Health = FlowHealth.Broken, Problem = "It has ended. The server's log says why; start the server again." },
        };
    }

    private void Read(string topic, string reader, string group)
    {
        bool isStalled = parts.Measures?.IsStalled(group, topic) ?? false;
        Join(new FlowEdge(TopicId(topic), reader)
        {
            Group = group, Rate = parts.Measures?.ReadRate(group, topic), RateUnit = "records", Lag = parts.Measures?.Lag(group, topic), IsStalled = isStalled,
        });
        if (isStalled && nodes[reader].Health < FlowHealth.Late)
        {
            nodes[reader] = nodes[reader] with { Health = FlowHealth.Late, Problem = $"{parts.Measures!.Lag(group, topic):N0} records wait in {topic}, and none was finished in the last {parts.Measures.Window.TotalSeconds:0} seconds." };
        }
    }

    private void Join(string from, string to, double? rate = null, string unit = "") => Join(new FlowEdge(from, to) { Rate = rate, RateUnit = unit });

    private void Join(FlowEdge edge)
    {
        if (joined.Add((edge.From, edge.To))) edges.Add(edge);
    }

    private void Add(FlowNode node)
    {
        if (!nodes.TryAdd(node.Id, node)) return;
        order.Add(node);
    }

    private long? Gauge(string metric, string topology) => (long?)parts.Measures?.Gauge(metric, topology);

    private double? RowsRate(string metric, string topology) => parts.Measures?.CounterRate(metric, topology);

    private double? RowsOf(string topology) => RowsRate(FlowMetricNames.IngestRows, topology) is { } rows ? rows + (RowsRate(FlowMetricNames.IngestFrames, topology) ?? 0) : null;

    private static string TopicId(string topic) => $"topic:{topic}";

    private static string TableId(TableIdentifier table) => $"table:{table}";

    private static string DecodeId(TopologyPlan plan) => $"stage:decode {plan.FullName}";

    private static string SynchroniseId(TopologyPlan plan, string group) => $"stage:synchronise {plan.FullName} {group}";

    private static string PartitionId(TopologyPlan plan) => $"stage:partition {plan.FullName}";

    private string ProductId(string product, TopologyPlan plan) =>
        parts.Plans.Count(other => other.Topology.Name == plan.Topology.Name) > 1 ? $"product:{product}@{plan.Topology.Version}" : $"product:{product}";
}
