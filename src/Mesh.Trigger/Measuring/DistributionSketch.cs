using System.Globalization;

namespace Mesh.Trigger.Measuring;

/// <summary>
/// Rows by value, close enough to compare distributions and small enough to keep per snapshot: a number falls into the bin of its sign,
/// exponent and first bits of its fraction, so that bins are ordered as numbers are, and those of two sketches are the same. With 12 bits a bin is
/// 1/4096 wide relative to its values; a sketch of more than <see cref="MaxBins"/> bins gives up bits until it has no more. Text is counted by value.
/// </summary>
internal sealed class DistributionSketch
{
    /// <summary>Bins that a sketch may have.</summary>
    public const int MaxBins = 2000;

    private const int MaxBits = 12;
    private const int FractionBits = 52;

    /// <summary>Greater than all numbers.</summary>
    private const long NotANumber = 0x7FF8_0000_0000_0000;

    private readonly Dictionary<string, long> texts = new(StringComparer.Ordinal);
    private Dictionary<long, long> numbers = [];
    private int bits = MaxBits;

    /// <summary>Rows that were added.</summary>
    public long Count { get; private set; }

    /// <summary>Rows by bin, in ascending order of the values.</summary>
    public IReadOnlyList<KeyValuePair<long, long>> Numbers => [.. numbers.OrderBy(bin => bin.Key)];

    /// <summary>Rows by text.</summary>
    public IReadOnlyDictionary<string, long> Texts => texts;

    /// <summary>Adds a row. Neither zero's sign nor which NaN it is makes a difference.</summary>
    public void Add(double value)
    {
        AddBin((double.IsNaN(value) ? NotANumber : Ordered(value == 0 ? 0 : value)) >> (FractionBits - bits), 1);
        Count++;
    }

    /// <summary>Adds a row. Texts beyond those a sketch may hold are counted as one.</summary>
    public void Add(string value)
    {
        string key = texts.ContainsKey(value) || texts.Count < MaxBins ? value : "";
        texts[key] = texts.GetValueOrDefault(key) + 1;
        Count++;
    }

    /// <summary>The sketch as values with amounts.</summary>
    public IEnumerable<(string Value, long Amount)> Save() =>
        numbers.Select(bin => (string.Create(CultureInfo.InvariantCulture, $"{bits}:{bin.Key}"), bin.Value)).Concat(texts.Select(text => ($"t:{text.Key}", text.Value)));

    /// <summary>Adds what <see cref="Save"/> made, of any number of sketches.</summary>
    public void Load(string value, long amount)
    {
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        if (value[..colon] == "t")
        {
            texts[value[2..]] = texts.GetValueOrDefault(value[2..]) + amount;
        }
        else
        {
            int of = int.Parse(value.AsSpan(0, colon), CultureInfo.InvariantCulture);
            Coarsen(of);
            AddBin(long.Parse(value.AsSpan(colon + 1), CultureInfo.InvariantCulture) >> (of - bits), amount);
        }

        Count += amount;
    }

    /// <summary>Gives two sketches the same bins.</summary>
    public static void Align(DistributionSketch one, DistributionSketch other)
    {
        one.Coarsen(other.bits);
        other.Coarsen(one.bits);
    }

    // The bits of a double as an integer that is ordered as the numbers are.
    private static long Ordered(double value)
    {
        long raw = BitConverter.DoubleToInt64Bits(value);
        return raw >= 0 ? raw : long.MinValue - raw;
    }

    private void AddBin(long bin, long amount)
    {
        numbers[bin] = numbers.GetValueOrDefault(bin) + amount;
        if (numbers.Count > MaxBins && bits > 0) Coarsen(bits - 1);
    }

    private void Coarsen(int to)
    {
        if (to >= bits) return;
        var coarse = new Dictionary<long, long>();
        foreach (var (bin, amount) in numbers) coarse[bin >> (bits - to)] = coarse.GetValueOrDefault(bin >> (bits - to)) + amount;
        (numbers, bits) = (coarse, to);
        if (numbers.Count > MaxBins && bits > 0) Coarsen(bits - 1);
    }
}
