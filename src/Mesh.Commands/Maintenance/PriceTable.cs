using System.Globalization;
using Mesh.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Mesh.Commands.Maintenance;

/// <summary>What a storage class costs.</summary>
/// <param name="StorageGibMonth">Price of one GiB kept for a month.</param>
/// <param name="Write1000">Price of 1,000 writing requests.</param>
/// <param name="Read1000">Price of 1,000 reading requests.</param>
/// <param name="Move1000">Price of moving 1,000 objects into the class.</param>
/// <param name="RetrievalGib">Price of reading one GiB out of it.</param>
public sealed record ClassPrice(decimal StorageGibMonth, decimal Write1000, decimal Read1000, decimal Move1000, decimal RetrievalGib);

/// <summary>Prices by storage class, from a file of the reader's own: the contract with the provider says what they are.</summary>
/// <param name="Currency">For people.</param>
/// <param name="Classes">Prices by class.</param>
public sealed record PriceTable(string Currency, IReadOnlyDictionary<string, ClassPrice> Classes)
{
    /// <summary>Reads a price table.</summary>
    /// <exception cref="MeshException"><c>MESH11082</c> it cannot be read or is not understood, with the line.</exception>
    public static PriceTable Load(string path)
    {
        try
        {
            var yaml = new YamlStream();
            using var reader = File.OpenText(path);
            yaml.Load(reader);
            if (yaml.Documents is not [{ RootNode: YamlMappingNode root }]) throw Wrong(path, 1, "expected 'currency' and 'classes'");
            string currency = "";
            var classes = new Dictionary<string, ClassPrice>(StringComparer.Ordinal);
            foreach (var (key, value) in root.Children)
            {
                if (key.ToString() == "currency") currency = value.ToString();
                else if (key.ToString() == "classes" && value is YamlMappingNode entries) foreach (var (name, prices) in entries.Children) classes[name.ToString()] = ReadClass(path, name, prices);
                else throw Wrong(path, key.Start.Line, $"there is no '{key}'; expected 'currency' and 'classes'");
            }

            return classes.Count > 0 ? new PriceTable(currency, classes) : throw Wrong(path, 1, "it has no classes");
        }
        catch (YamlException exception)
        {
            throw new MeshException("MESH11082", $"{path}:{exception.Start.Line}: {exception.Message}", innerException: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH11082", $"Cannot read the prices: {exception.Message}", innerException: exception);
        }
    }

    private static ClassPrice ReadClass(string path, YamlNode name, YamlNode node)
    {
        if (node is not YamlMappingNode prices) throw Wrong(path, node.Start.Line, $"the prices of {name} are not a mapping");
        var known = new Dictionary<string, decimal>(StringComparer.Ordinal)
        {
            ["storageGibMonth"] = 0, ["write1000"] = 0, ["read1000"] = 0, ["move1000"] = 0, ["retrievalGib"] = 0,
        };
        foreach (var (key, value) in prices.Children)
        {
            if (!known.ContainsKey(key.ToString())) throw Wrong(path, key.Start.Line, $"there is no price '{key}'; there are {string.Join(", ", known.Keys)}");
            if (!decimal.TryParse(value.ToString(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out decimal price)) throw Wrong(path, value.Start.Line, $"'{value}' is not a price");
            known[key.ToString()] = price;
        }

        return new ClassPrice(known["storageGibMonth"], known["write1000"], known["read1000"], known["move1000"], known["retrievalGib"]);
    }

    private static MeshException Wrong(string path, long line, string what) => new("MESH11082", $"{path}:{line}: {what}. deploy/prices/example.yaml is an example.");
}
