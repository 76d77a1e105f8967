namespace Mesh.Simulation.Vehicle;

/// <summary>A value that wanders about zero (Ornstein-Uhlenbeck): road curvature, grade, the slow part of a GNSS error.</summary>
internal sealed class Wander(SeededRandom random, double deviation, double seconds)
{
    public double Value { get; private set; }

    public double Step(double dt)
    {
        double rate = dt / seconds;
        Value += -Value * rate + deviation * Math.Sqrt(2 * rate) * random.Normal();
        return Value;
    }
}
