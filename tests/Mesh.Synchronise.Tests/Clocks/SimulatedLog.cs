using Mesh.Synchronise.Clocks;

namespace Mesh.Synchronise.Tests.Clocks;

/// <summary>Stamps of a clock with known faults over a path with one-sided delays. One seed, one log.</summary>
internal sealed class SimulatedLog
{
    public const long StartNs = 1_700_000_000_000_000_000;

    public SimulatedLog(int seed, int count, double rateHz, double driftPpm = 0, double meanDelayNs = 1e6, string delays = "exponential", params (int Index, long DeltaNs)[] jumps)
    {
        var random = new Random(seed);
        Device = new long[count];
        Receive = new long[count];
        Offset = new long[count];
        Jumps = jumps;
        double period = 1e9 / rateHz;
        long last = long.MinValue;
        for (int i = 0; i < count; i++)
        {
            double t = (i + 0.9 * random.NextDouble()) * period;
            double ahead = driftPpm * 1e-6 * t + WanderNs(t);
            foreach (var (index, delta) in jumps) ahead -= i >= index ? delta : 0;
            Device[i] = (long)(t + ahead) + 5_000_000_000;
            long host = StartNs + (long)t;
            Offset[i] = host - Device[i];
            Receive[i] = Math.Max(last, host + (long)Delay(random, delays, meanDelayNs));
            last = Receive[i];
        }

        double WanderNs(double t) => delays == "wander" ? 2e-6 * 300e9 / (2 * Math.PI) * Math.Sin(2 * Math.PI * t / 300e9) : 0;
    }

    public long[] Device { get; }

    public long[] Receive { get; }

    /// <summary>Host minus device of each message, without delay.</summary>
    public long[] Offset { get; }

    public (int Index, long DeltaNs)[] Jumps { get; }

    /// <summary>Errors of a model that was told to take the least delay, none here, for nothing.</summary>
    public double[] Errors(ClockModel model) =>
        [.. Device.Select((device, i) => (double)(model.SegmentAt(Receive[i]).ToHost(device) - device - Offset[i]))];

    /// <summary>Share of the messages whose error the band covers.</summary>
    public double Coverage(ClockModel model)
    {
        double[] errors = Errors(model);
        return errors.Where((error, i) => Math.Abs(error) <= model.HalfWidthNs(Device[i], Receive[i])).Count() / (double)errors.Length;
    }

    private static double Delay(Random random, string kind, double mean)
    {
        double exponential = -Math.Log(1 - random.NextDouble());
        return kind switch
        {
            "pareto" => mean * 0.7 * (Math.Pow(1 - random.NextDouble(), -1 / 1.7) - 1),
            "mixed" => random.NextDouble() < 0.9 ? mean * 0.3 * exponential : mean * 7 * exponential,
            "gamma" => mean / 3 * (exponential - Math.Log(1 - random.NextDouble()) - Math.Log(1 - random.NextDouble())),
            _ => mean * exponential,
        };
    }
}
