using System.Text;
using System.Xml;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>Writes comments in XML (specification 4.1, "MDBLOCK").</summary>
internal static class Mdf4CommentXml
{
    private const string Namespace = "http://www.asam.net/mdf/v4";

    /// <summary>The header's comment: one tree of properties per group of pairs.</summary>
    public static string Header(IReadOnlyList<RecordingMetadata> metadata) => Write("HDcomment", xml =>
    {
        xml.WriteElementString("TX", Namespace, "");
        xml.WriteStartElement("common_properties", Namespace);
        foreach (var group in metadata)
        {
            xml.WriteStartElement("tree", Namespace);
            xml.WriteAttributeString("name", Clean(group.Name));
            foreach (var (key, value) in group.Values)
            {
                xml.WriteStartElement("e", Namespace);
                xml.WriteAttributeString("name", Clean(key));
                xml.WriteString(Clean(value));
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    });

    /// <summary>The comment of a file history entry.</summary>
    public static string FileHistory(string version) => Write("FHcomment", xml =>
    {
        xml.WriteElementString("TX", Namespace, "written by mesh");
        xml.WriteElementString("tool_id", Namespace, "mesh");
        xml.WriteElementString("tool_vendor", Namespace, "mesh");
        xml.WriteElementString("tool_version", Namespace, Clean(version));
    });

    private static string Write(string root, Action<XmlWriter> content)
    {
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.Entitize }))
        {
            xml.WriteStartElement(root, Namespace);
            content(xml);
            xml.WriteEndElement();
        }

        return text.ToString();
    }

    /// <summary>Characters that XML cannot hold become U+FFFD.</summary>
    private static string Clean(string text)
    {
        StringBuilder? cleaned = null;
        for (int i = 0; i < text.Length; i++)
        {
            bool isPair = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]);
            if (isPair)
            {
                i++;
                continue;
            }

            if (XmlConvert.IsXmlChar(text[i])) continue;
            cleaned ??= new StringBuilder(text);
            cleaned[i] = '\uFFFD';
        }

        return cleaned?.ToString() ?? text;
    }
}
