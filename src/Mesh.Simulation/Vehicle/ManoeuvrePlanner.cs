namespace Mesh.Simulation.Vehicle;

/// <summary>What the driver wants right now.</summary>
/// <param name="Manoeuvre">The manoeuvre being driven.</param>
/// <param name="Acceleration">m/s².</param>
/// <param name="Curvature">Of the vehicle's path, 1/m, positive to the left.</param>
/// <param name="RoadCurvature">Of the road's, 1/m.</param>
/// <param name="LaneDrift">Speed across the lane, m/s to the left.</param>
internal readonly record struct DriverWish(Manoeuvre Manoeuvre, double Acceleration, double Curvature, double RoadCurvature, double LaneDrift);

/// <summary>
/// Strings manoeuvres together as a driver in town and on country roads would: none is entered at a speed it cannot be driven at, and those
/// that were driven least come next. Strengths are drawn from overlapping ranges, so that a window of signals tells a manoeuvre mostly, not
/// always: a gentle start looks like a cruise uphill.
/// </summary>
internal sealed class ManoeuvrePlanner
{
    private const double LaneWidth = 3.5;
    private readonly SeededRandom random;
    private readonly double[] driven = new double[7];
    private Manoeuvre current = Manoeuvre.Standstill;
    private Manoeuvre? turnAhead;
    private double elapsed;
    private double duration;
    private double strength;
    private double targetSpeed;
    private double side;

    public ManoeuvrePlanner(SeededRandom random)
    {
        this.random = random;
        duration = random.Between(1.5, 3);
    }

    public DriverWish Step(double dt, double speed, double roadBend)
    {
        elapsed += dt;
        driven[(int)current] += dt;
        if (IsOver(speed)) Enter(Next(speed), speed);
        double road = speed * roadBend / (speed + 4);
        return current switch
        {
            Manoeuvre.Standstill => new DriverWish(current, speed > 0 ? -1 : 0, 0, 0, 0),
            Manoeuvre.Accelerate => new DriverWish(current, strength * Ramp(0.8), road, road, 0),
            Manoeuvre.Cruise => new DriverWish(current, Math.Clamp(0.5 * (targetSpeed - speed), -0.5, 0.5), road, road, 0),
            Manoeuvre.Brake => new DriverWish(current, -strength * Ramp(0.6), road, road, 0),
            Manoeuvre.LaneChange => ChangeLane(speed, road),
            _ => Turn(speed),
        };
    }

    private bool IsOver(double speed) => current switch
    {
        Manoeuvre.Accelerate => speed >= targetSpeed || elapsed > duration,
        Manoeuvre.Brake => speed <= targetSpeed || elapsed > duration,
        _ => elapsed >= duration,
    };

    private Manoeuvre Next(double speed)
    {
        if (current == Manoeuvre.Standstill) return Manoeuvre.Accelerate;
        if (current == Manoeuvre.Brake && targetSpeed == 0) return Manoeuvre.Standstill;
        if (turnAhead is { } turn)
        {
            turnAhead = null;
            return turn;
        }

        // Lanes are changed where the road is fast, and there most of all.
        bool isFast = speed > 9;
        var best = Manoeuvre.Cruise;
        double least = double.MaxValue;
        for (var candidate = Manoeuvre.Standstill; candidate <= Manoeuvre.LaneChange; candidate++)
        {
            bool possible = candidate != current && candidate switch
            {
                Manoeuvre.Accelerate => speed < 20,
                Manoeuvre.LaneChange => speed > 7,
                Manoeuvre.Brake => speed > 7,
                Manoeuvre.Cruise => speed > 3,
                Manoeuvre.Standstill => current is not Manoeuvre.Accelerate,
                _ => true,
            };
            double cost = (1 + driven[(int)candidate]) * random.Between(0.3, 1.7) * (isFast && candidate == Manoeuvre.LaneChange ? 0.5 : 1);
            if (!possible || cost >= least) continue;
            least = cost;
            best = candidate;
        }

        bool isTurn = best is Manoeuvre.TurnLeft or Manoeuvre.TurnRight;
        if (isTurn && speed > 9)
        {
            turnAhead = best;
            return Manoeuvre.Brake;
        }

        if (isTurn && speed < 3.5) return Manoeuvre.Accelerate;
        // Braking is how one comes to a standstill; the target speed of zero is set on entering.
        if (best == Manoeuvre.Standstill) turnAhead = Manoeuvre.Standstill;
        return best == Manoeuvre.Standstill ? Manoeuvre.Brake : best;
    }

    private void Enter(Manoeuvre next, double speed)
    {
        current = next;
        elapsed = 0;
        switch (next)
        {
            case Manoeuvre.Standstill:
                duration = random.Between(1.5, 3.5);
                break;
            case Manoeuvre.Accelerate:
                strength = random.Between(0.6, 2.4);
                targetSpeed = Math.Min(24, speed + random.Between(5, 12));
                duration = 9;
                break;
            case Manoeuvre.Cruise:
                targetSpeed = speed + random.Between(-0.7, 0.7);
                duration = random.Between(3, 7);
                break;
            case Manoeuvre.Brake:
                strength = random.Between(0.8, 3.2);
                targetSpeed = turnAhead switch
                {
                    Manoeuvre.Standstill => 0,
                    null => Math.Max(4, speed - random.Between(3, 8)),
                    _ => random.Between(5, 8),
                };
                if (turnAhead == Manoeuvre.Standstill) turnAhead = null;
                // The drive train's lag keeps the last metre a second away.
                duration = speed / strength + 3;
                break;
            case Manoeuvre.LaneChange:
                side = random.Next() < 0.5 ? -1 : 1;
                duration = random.Between(3.5, 6);
                break;
            case Manoeuvre.TurnLeft or Manoeuvre.TurnRight:
                side = next == Manoeuvre.TurnLeft ? 1 : -1;
                double angle = random.Between(1.0, 1.9);
                strength = Math.Min(random.Between(1.2, 2.8) / Math.Max(speed, 3), 0.6);
                duration = angle / strength + 0.8;
                break;
        }
    }

    // A full sine of lateral acceleration moves the vehicle over and leaves it parallel to where it was.
    private DriverWish ChangeLane(double speed, double road)
    {
        double phase = 2 * Math.PI * elapsed / duration;
        var (sin, cos) = ExactMath.SinCos(phase);
        double lateral = side * 2 * Math.PI * LaneWidth / (duration * duration) * sin;
        double drift = side * LaneWidth / duration * (1 - cos);
        return new DriverWish(current, 0, lateral / Math.Max(25, speed * speed) + road, road, drift);
    }

    private DriverWish Turn(double speed)
    {
        double yawRate = side * strength * Math.Min(Ramp(0.8), Math.Clamp((duration - elapsed) / 0.8, 0, 1));
        double curvature = Math.Clamp(yawRate / Math.Max(speed, 2), -0.17, 0.17);
        double pace = elapsed < duration / 2 ? -0.35 : 0.45;
        return new DriverWish(current, speed > 3 || pace > 0 ? pace : 0, curvature, curvature * 0.9, 0);
    }

    private double Ramp(double seconds) => Math.Min(1, elapsed / seconds);
}
