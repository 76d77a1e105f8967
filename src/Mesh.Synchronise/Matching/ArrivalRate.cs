namespace Mesh.Synchronise.Matching;

/// <summary>Smoothed rate of one channel's arrivals, which starts anew when it changes by much more than it used to.</summary>
internal struct ArrivalRate(long firstNs)
{
    private const double RateWeight = 0.9;
    private const double ErrorWeight = 0.3;
    private const double Margin = 10;
    private long previousNs = firstNs;
    private double error;
    private State state = State.Started;

    private enum State : byte
    {
        Started,
        HasRate,
        HasError,
    }

    public double Hertz { get; private set; }

    /// <returns>False when no time has passed, which says nothing about the rate.</returns>
    public bool Update(long nowNs)
    {
        double period = Seconds(nowNs);
        if (period <= 0) return false;
        double deviation = Math.Abs(Hertz - 1 / period);
        if (state == State.Started || (state == State.HasError && deviation > Margin * error))
        {
            Hertz = 1 / period;
            state = State.HasRate;
        }
        else
        {
            error = state == State.HasRate ? deviation : ErrorWeight * deviation + (1 - ErrorWeight) * error;
            state = State.HasError;
            Hertz = RateWeight / period + (1 - RateWeight) * Hertz;
        }

        previousNs = nowNs;
        return true;
    }

    /// <summary>Whether the channel has a rate and its next message is not overdue.</summary>
    public readonly bool CanLead(long nowNs)
    {
        double period = Seconds(nowNs);
        bool isLate = period != 0 && state == State.HasError && Hertz - 1 / period > Margin * error;
        return !isLate && Hertz > 0;
    }

    private readonly double Seconds(long nowNs) => StampMath.Subtract(nowNs, previousNs) / 1e9;
}
