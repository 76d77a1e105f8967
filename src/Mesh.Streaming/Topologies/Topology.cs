using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Mesh.Kafka;
using Mesh.Streaming.Ingest;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Mesh.Streaming.Topologies;

/// <summary>
/// A topology file: which recordings become which products, and what they start. Each section is handed to its stage, which reads it and
/// adds to <see cref="Errors"/>.
/// </summary>
public sealed partial class Topology
{
    private const int MostVersions = 9999;

    /// <summary>Sections that decide what is written to tables; the digest is derived from them.</summary>
    private static readonly string[] DigestedSections = ["decode", "synchronise", "partition", "products"];

    private readonly TopologyNode? root;

    private Topology(string yaml, string fileName)
    {
        Yaml = yaml;
        Errors = new TopologyErrors(fileName);
        if (TopologyYaml.Load(yaml, Errors) is not { } document) return;
        root = new TopologyNode(document, "", Errors);
        ReadHeader(root);
        Digest = DigestOf(document);
    }

    /// <summary>Reads a topology; syntax errors end in <see cref="Errors"/>, with line and remedy.</summary>
    /// <param name="yaml">Text of the file.</param>
    /// <param name="fileName">For messages.</param>
    public static Topology Parse(string yaml, string fileName) => new(yaml, fileName);

    /// <summary><c>metadata.name</c>; empty when it is missing.</summary>
    public string Name { get; private set; } = "";

    /// <summary><c>metadata.owner</c>; empty when it is missing.</summary>
    public string Owner { get; private set; } = "";

    /// <summary>
    /// <c>metadata.version</c>, a whole number from 1 (default: 1), as text: part of the ledger's key and of every event. A new version writes
    /// tables of its own beside those of the one before.
    /// </summary>
    public string Version => VersionNumber.ToString(CultureInfo.InvariantCulture);

    /// <summary><see cref="Version"/> as a number.</summary>
    public int VersionNumber { get; private set; } = 1;

    /// <summary>First 12 hex digits of the SHA-256 of the sections that decide what is written to tables (decode, synchronise, partition, products), comments and formatting apart.</summary>
    public string Digest { get; } = "";

    /// <summary>How its tables are named: <c>partition.namespace</c> (default: <c>raw</c>), and the suffix of its version.</summary>
    public TableNames Tables { get; private set; } = TableNames.Default;

    /// <summary>The text as read.</summary>
    public string Yaml { get; }

    /// <summary><c>source.topic</c>, by default <see cref="Topics.Uploads"/>.</summary>
    public string SourceTopic { get; private set; } = Topics.Uploads;

    /// <summary><c>source.group</c>, by default <c>mesh.NAME</c>; from version 2 on with the suffix <c>-vN</c>, so that versions do not share one.</summary>
    public string Group { get; private set; } = "";

    /// <summary>Which uploads it reads when it first comes into force (<c>source.from</c>, default: those from then on).</summary>
    public SourceStart From { get; private set; }

    /// <summary>A top-level section (<c>decode</c>, <c>synchronise</c>, <c>partition</c>, <c>products</c>, <c>triggers</c>, <c>limits</c>); null when absent.</summary>
    public TopologyNode? Section(string name) => root?.Get(name);

    /// <summary>Everything wrong with the file, in line order.</summary>
    public TopologyErrors Errors { get; }

    private void ReadHeader(TopologyNode file)
    {
        file.AllowKeys("apiVersion", "kind", "metadata", "source", "decode", "synchronise", "partition", "telemetry", "products", "triggers", "limits");
        RequireWord(file, "apiVersion", "mesh/v1");
        RequireWord(file, "kind", "Topology");

        if (file.Get("metadata") is { } metadata)
        {
            metadata.AllowKeys("name", "owner", "version");
            Name = metadata.RequireText("name");
            Owner = metadata.GetText("owner", "");
            if (Name.Length > 0 && !NamePattern().IsMatch(Name))
            {
                metadata.Get("name")!.Report($"metadata.name: '{Name}' must be lower-case letters, digits and '-', beginning with a letter, at most 63.");
            }

            long version = metadata.GetInteger("version", 1);
            if (version is >= 1 and <= MostVersions) VersionNumber = (int)version;
            else metadata.Get("version")!.Report($"metadata.version: {version} must be a whole number from 1 to {MostVersions}; count it up when the tables are to be new ones.");
        }
        else
        {
            file.Report("The topology needs 'metadata' with a 'name'.");
        }

        string group = $"mesh.{Name}";
        if (file.Get("source") is { } source)
        {
            source.AllowKeys("topic", "group", "from");
            SourceTopic = source.GetText("topic", SourceTopic);
            group = source.GetText("group", group);
            From = source.GetChoice("from", From);
        }

        Group = VersionNumber == 1 ? group : $"{group}-v{Version}";
        Tables = new TableNames(ReadNamespace(file), VersionNumber);
    }

    private static string ReadNamespace(TopologyNode file)
    {
        if (file.Get("partition")?.Get("namespace") is not { } node) return TableNames.RawNamespace;
        string text = node.AsText();
        if (NamespacePattern().IsMatch(text) && text != TableNames.SystemNamespace) return text;
        node.Report(text == TableNames.SystemNamespace
            ? $"partition.namespace: '{text}' holds Mesh's own tables; take another word, for example {file.Get("metadata")?.Get("name")?.AsText().Replace('-', '_')}."
            : $"partition.namespace: '{text}' must be lower-case letters, digits and '_', beginning with a letter, at most 63.");
        return TableNames.RawNamespace;
    }

    private static void RequireWord(TopologyNode file, string key, string word)
    {
        string text = file.RequireText(key);
        if (text.Length > 0 && text != word) file.Get(key)!.Report($"{key}: '{text}' is not known here; write {word}.");
    }

    private static string DigestOf(YamlMappingNode document)
    {
        var canonical = new StringBuilder();
        foreach (string name in DigestedSections)
        {
            canonical.Append(name).Append('=');
            if (document.Children.TryGetValue(new YamlScalarNode(name), out var section)) TopologyYaml.AppendCanonical(canonical, section);
            canonical.Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))[..12];
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}$")]
    private static partial Regex NamePattern();

    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}$")]
    private static partial Regex NamespacePattern();
}
