using System.Text;
using System.Xml;

namespace Mesh.Formats.Mdf4;

/// <summary>Comments in XML (specification 4.2, "MDBLOCK"): the text of <c>TX</c>, the properties of <c>common_properties</c>, other elements by name.</summary>
internal static class Mdf4Xml
{
    private const int MaxCharacters = 16 << 20;
    private const int MaxDepth = 64;
    private const int MaxProperties = 10_000;

    /// <summary>The text for people; the XML itself when it cannot be parsed.</summary>
    public static string Text(string xml) => Parse(xml).Text;

    /// <summary>Text and properties. Never throws; no DTD, no external entity.</summary>
    public static (string Text, Dictionary<string, string> Properties) Parse(string xml)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!xml.AsSpan().TrimStart().StartsWith("<")) return (xml, properties);
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxCharacters, IgnoreComments = true,
            IgnoreProcessingInstructions = true, CheckCharacters = false,
        };
        var text = new StringBuilder();
        var path = new List<(string Name, string? Key)>();
        try
        {
            using var reader = XmlReader.Create(new StringReader(xml), settings);
            while (reader.Read())
            {
                switch (reader.NodeType)
                {
                    case XmlNodeType.Element:
                        if (path.Count >= MaxDepth) return (text.ToString(), properties);
                        bool empty = reader.IsEmptyElement;
                        path.Add((reader.LocalName, reader.GetAttribute("name")));
                        if (empty) path.RemoveAt(path.Count - 1);
                        break;
                    case XmlNodeType.EndElement:
                        path.RemoveAt(path.Count - 1);
                        break;
                    case XmlNodeType.Text or XmlNodeType.CDATA:
                        if (path.Count == 2 && path[1].Name == "TX") text.Append(reader.Value);
                        else if (path.Count >= 2 && properties.Count < MaxProperties) Append(properties, Key(path), reader.Value);
                        break;
                }
            }

            return (text.ToString(), properties);
        }
        catch (XmlException)
        {
            return (text.Length > 0 ? text.ToString() : xml, properties);
        }
    }

    private static void Append(Dictionary<string, string> properties, string key, string value) =>
        properties[key] = properties.TryGetValue(key, out string? before) ? before + value : value;

    private static string Key(List<(string Name, string? Key)> path)
    {
        var key = new StringBuilder();
        for (int i = 1; i < path.Count; i++)
        {
            // The containers say nothing that the property's own name does not.
            if (path[i].Name is "common_properties" or "tree" && path[i].Key is null) continue;
            if (key.Length > 0) key.Append('/');
            key.Append(path[i].Key ?? path[i].Name);
        }

        return key.ToString();
    }
}
