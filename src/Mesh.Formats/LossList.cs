using System.Globalization;
using Mesh.Model;

namespace Mesh.Formats;

/// <summary>Collects the damage of one recording; bounded, because a hostile file can hold more damage than memory.</summary>
internal class LossList(int maxEntries)
{
    /// <summary>Damage beyond the number of places reported one by one.</summary>
    public const string FurtherDamage = "MESH10013";

    private readonly List<DataLoss> entries = [];
    private long furtherPlaces;

    public IReadOnlyList<DataLoss> Entries => entries;

    public void Add(string code, long offset, long bytes, string expected, string found)
    {
        if (entries.Count < maxEntries)
        {
            entries.Add(new DataLoss(code, offset, bytes, expected, found));
            return;
        }

        var last = furtherPlaces == 0 ? new DataLoss(FurtherDamage, offset, 0, "", "") : entries[^1];
        furtherPlaces++;
        var summed = last with
        {
            Bytes = bytes > long.MaxValue - last.Bytes ? long.MaxValue : last.Bytes + bytes,
            Expected = string.Create(CultureInfo.InvariantCulture, $"no more than {maxEntries} places of damage"),
            Found = string.Create(CultureInfo.InvariantCulture, $"{furtherPlaces} further places"),
        };
        if (furtherPlaces == 1) entries.Add(summed);
        else entries[^1] = summed;
    }
}
