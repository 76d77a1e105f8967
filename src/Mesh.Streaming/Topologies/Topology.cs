using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Mesh.Kafka;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Mesh.Streaming.Topologies;

/// <summary>
/// A topology file: which recordings become which products, and what they start. Each section is handed to its stage, which reads it and
/// adds to <see cref="Errors"/>.
/// </summary>
public sealed partial class Topology
{
    /// <summary>Sections that decide what is written to tables; the version is derived from them.</summary>
    private static readonly string[] VersionedSections = ["decode", "synchronise", "partition", "products"];

    private readonly TopologyNode? root;

    private Topology(string yaml, string fileName)
    {
        Yaml = yaml;
        Errors = new TopologyErrors(fileName);
        if (TopologyYaml.Load(yaml, Errors) is not { } document) return;
        root = new TopologyNode(document, "", Errors);
        ReadHeader(root);
        Version = VersionOf(document);
    }

    /// <summary>Reads a topology; syntax errors end in <see cref="Errors"/>, with line and remedy.</summary>
    /// <param name="yaml">Text of the file.</param>
    /// <param name="fileName">For messages.</param>
    public static Topology Parse(string yaml, string fileName) => new(yaml, fileName);

    /// <summary><c>metadata.name</c>; empty when it is missing.</summary>
    public string Name { get; private set; } = "";

    /// <summary><c>metadata.owner</c>; empty when it is missing.</summary>
    public string Owner { get; private set; } = "";

    /// <summary>First 12 hex digits of the SHA-256 of the sections that decide what is written to tables (decode, synchronise, partition, products), comments and formatting apart.</summary>
    public string Version { get; } = "";

    /// <summary>The text as read.</summary>
    public string Yaml { get; }

    /// <summary><c>source.topic</c>, by default <see cref="Topics.Uploads"/>.</summary>
    public string SourceTopic { get; private set; } = Topics.Uploads;

    /// <summary><c>source.group</c>, by default <c>mesh.NAME</c>.</summary>
    public string Group { get; private set; } = "";

    /// <summary>A top-level section (<c>decode</c>, <c>synchronise</c>, <c>partition</c>, <c>products</c>, <c>triggers</c>, <c>limits</c>); null when absent.</summary>
    public TopologyNode? Section(string name) => root?.Get(name);

    /// <summary>Everything wrong with the file, in line order.</summary>
    public TopologyErrors Errors { get; }

    private void ReadHeader(TopologyNode file)
    {
        file.AllowKeys("apiVersion", "kind", "metadata", "source", "decode", "synchronise", "partition", "products", "triggers", "limits");
        RequireWord(file, "apiVersion", "mesh/v1");
        RequireWord(file, "kind", "Topology");

        if (file.Get("metadata") is { } metadata)
        {
            metadata.AllowKeys("name", "owner");
            Name = metadata.RequireText("name");
            Owner = metadata.GetText("owner", "");
            if (Name.Length > 0 && !NamePattern().IsMatch(Name))
            {
                metadata.Get("name")!.Report($"metadata.name: '{Name}' must be lower-case letters, digits and '-', beginning with a letter, at most 63.");
            }
        }
        else
        {
            file.Report("The topology needs 'metadata' with a 'name'.");
        }

        Group = $"mesh.{Name}";
        if (file.Get("source") is { } source)
        {
            source.AllowKeys("topic", "group");
            SourceTopic = source.GetText("topic", SourceTopic);
            Group = source.GetText("group", Group);
        }
    }

    private static void RequireWord(TopologyNode file, string key, string word)
    {
        string text = file.RequireText(key);
        if (text.Length > 0 && text != word) file.Get(key)!.Report($"{key}: '{text}' is not known here; write {word}.");
    }

    private static string VersionOf(YamlMappingNode document)
    {
        var canonical = new StringBuilder();
        foreach (string name in VersionedSections)
        {
            canonical.Append(name).Append('=');
            if (document.Children.TryGetValue(new YamlScalarNode(name), out var section)) TopologyYaml.AppendCanonical(canonical, section);
            canonical.Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))[..12];
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}$")]
    private static partial Regex NamePattern();
}
