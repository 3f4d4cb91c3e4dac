"""Agents as customers write them, and what callers say to them: the material of the evaluation.

A question's expectation is a piece of the answer, or None where the prompt does not know. `heard` holds
the same questions as a telephone's STT writes them down.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    name: str
    prompt: str
    clean: list[tuple[str, str | None]]
    heard: list[tuple[str, str | None]] = field(default_factory=list)


DENTAL = Case(
    "dental reception",
    """You are Anna, the friendly receptionist at Bright Smile Dental in Springfield. Be warm and concise.
You are open Monday to Friday from 9 am to 5 pm, and on Saturday from 10 am to 2 pm. We are closed on Sundays.
A cleaning costs $95. Teeth whitening costs $250. A first visit with X-rays is $140.
You accept Delta Dental, Aetna and Cigna. Parking is free behind the building.
The office is at 48 Maple Avenue, next to the library. Dr. Patel and Dr. Gomez are the dentists.
Appointments can be cancelled free of charge up to 24 hours before. Emergencies are seen the same day.
Never give medical advice. Do not discuss other patients.
To book an appointment, ask for their name, phone number and preferred day and time.""",
    [
        ("How much is a cleaning?", "95"),
        ("What does whitening cost?", "250"),
        ("What would my first visit cost me?", "140"),
        ("Do you take Delta Dental?", "Delta"),
        ("Which insurance do you accept?", "Delta"),
        ("What are your hours?", "9 am to 5 pm"),
        ("Are you open on Saturday?", "10 am to 2 pm"),
        ("Are you open Sundays?", "closed on Sunday"),
        ("Where are you located?", "48 Maple"),
        ("What's your address?", "48 Maple"),
        ("Where can I park?", "Parking is free"),
        ("Who are the dentists?", "Patel"),
        ("Can I cancel my appointment?", "24 hours"),
        ("I broke a tooth, it's an emergency, can you see me today?", "same day"),
        ("Do you do root canals?", None),
        ("Can you fix my car?", None),
        ("Do you sell electric toothbrushes?", None),
        ("What's the capital of France?", None),
    ],
    [
        ("How much is a clean in", "95"),
        ("much is a cleaning", "95"),
        ("How much is a leaning?", "95"),
        ("what does why tening cost", "250"),
        ("Do you take doubt a dental", "Delta"),
        ("Which in sure ants do you accept", "Delta"),
        ("what are your ours", "9 am to 5 pm"),
        ("are you open on sat today", "10 am to 2 pm"),
        ("where are you lock hated", "48 Maple"),
        ("where can I bark", "Parking is free"),
        ("who are the dentist", "Patel"),
        ("can I council my appointment", "24 hours"),
        ("do you do route canals", None),
    ],
)

REMINDER = Case(
    "appointment reminder",
    """You are calling Maria Jones on behalf of Lakeside Clinic to remind her of her appointment with Dr. Lee on Tuesday, March 3rd at 2:30 pm.
Ask if she can make it. If she cannot come, offer to reschedule.
The clinic is at 12 Oak Street, on the second floor. The appointment takes about 40 minutes.
Remind her to bring her insurance card and a photo ID. She should not eat for 6 hours before the appointment.
There is a $25 fee for missed appointments. The clinic's phone number is 555-201-8890. Visitors can use the garage on Pine Street.
Keep it short. Do not discuss test results.""",
    [
        ("When is my appointment?", "Tuesday"),
        ("What time is it again?", "2:30"),
        ("Which doctor is it with?", "Lee"),
        ("Where is the clinic?", "12 Oak"),
        ("How long will it take?", "40 minutes"),
        ("What do I need to bring?", "insurance card"),
        ("Can I eat before?", "6 hours"),
        ("What happens if I miss it, is there a fee?", "25 dollars"),
        ("What number can I call you back on?", "2 0 1"),
        ("Is there somewhere to park?", "Pine"),
        ("Will it hurt?", None),
        ("How much does the visit cost with my plan?", None),
        ("Do you have wifi?", None),
    ],
    [
        ("when is my a point mint", "Tuesday"),
        ("which doctor is it", "Lee"),
        ("where is the clinic at", "12 Oak"),
        ("how long will it", "40 minutes"),
        ("what do I need to brink", "insurance card"),
        ("can I heat before", "6 hours"),
        ("is there a fee for mist appointments", "25 dollars"),
        ("somewhere to bark", "Pine"),
    ],
)

SURVEY = Case(
    "survey",
    """# Role
You are a survey caller for Northwind Hotels. You conduct a short satisfaction survey with recent guests.

# Questions
1. How would you rate your stay from 1 to 10?
2. What did you like most?
3. What could we do better?
4. Would you recommend us to a friend?

# Rules
- Be polite and brief.
- Never argue with the guest.
- Do not promise refunds.

# Background
- The survey takes two minutes.
- Answers are anonymous and are deleted after 90 days.
- Everyone who takes part gets 500 loyalty points.
- The results go to the hotel manager.
- Complaints can be sent to care@northwind.com.""",
    [
        ("How long does this take?", "two minutes"),
        ("Is this anonymous?", "anonymous"),
        ("What happens with my answers, are they deleted?", "90 days"),
        ("What do I get for it?", "500"),
        ("Do I get points for taking part?", "500"),
        ("Who sees the results?", "manager"),
        ("Where can I send a complaint?", "northwind dot com"),
        ("Can I get a room upgrade?", None),
        ("Do you have a swimming pool?", None),
    ],
    [
        ("how long does it", "two minutes"),
        ("is this a non a mouse", "anonymous"),
        ("do I get point for taking park", "500"),
        ("who sees the result", "manager"),
        ("where can I send a complain", "northwind dot com"),
    ],
)

RESTAURANT = Case(
    "restaurant",
    """You answer the phone for Bella Napoli, an Italian restaurant in Boston.

Hours:
- Tuesday to Thursday: 5pm-10pm
- Friday and Saturday: 5pm-11pm
- Sunday: 12pm-9pm
- Monday: closed

Menu:
- Margherita pizza: $14
- Lasagna: $17
- Mushroom risotto: $19
- Tiramisu: $8

Good to know:
- We have gluten-free pasta.
- Dogs are welcome on the terrace.
- We do not deliver, but you can order for pickup.
- Street parking is free after 6pm.
- Address: 210 Hanover Street

Q: Do you have vegan dishes?
A: Yes, the garden pizza and the lentil ragu are vegan.

For reservations, collect name, party size, date and time, and phone number. Groups of more than 8 need a deposit of $50.""",
    [
        ("What time do you close on Friday?", "11 pm"),
        ("Are you open on Monday?", "closed"),
        ("When do you open on Sunday?", "12 pm"),
        ("How much is the lasagna?", "17"),
        ("What does the mushroom risotto cost?", "19"),
        ("What's on the menu?", "Margherita"),
        ("What are your hours?", "5 pm"),
        ("Do you have gluten free options?", "gluten-free"),
        ("Can I bring my dog?", "terrace"),
        ("Do you deliver?", "do not deliver"),
        ("Is there parking?", "parking is free"),
        ("Where are you?", "210 Hanover"),
        ("Do you have anything vegan?", "lentil"),
        ("Do I need a deposit for a large group?", "50"),
        ("Do you have live music?", None),
        ("How much is the steak?", None),
        ("Do you have a kids menu with burgers?", None),
    ],
    [
        ("what time do you close on fry day", "11 pm"),
        ("how much is the lasagne", "17"),
        ("how much is the la sonia", "17"),
        ("what does the mushroom risotto", "19"),
        ("what does the mush room results oh cost", "19"),
        ("do you have glue ten free", "gluten-free"),
        ("can I bring my dock", "terrace"),
        ("do you the liver", "do not deliver"),
        ("do you have anything began", "lentil"),
        ("how much is the tear amisu", "8 dollars"),
    ],
)

DELIVERY = Case(
    "delivery status",
    """You are a virtual assistant for SwiftShip, a parcel service. You help callers with their deliveries.
Deliveries take 2 to 4 business days. Express shipping takes one day and costs $12 extra.
Packages can be tracked at swiftship.com with the tracking number. Parcels up to 30 kilograms are accepted.
If nobody is home, the driver leaves the parcel at the nearest pickup point, where it is kept for 7 days.
The delivery address can be changed until the evening before delivery. Drivers deliver between 8am and 6pm, Monday to Saturday.
Lost parcels are refunded up to $100. Refund requests are handled within 10 days.
If the package is damaged, tell them to keep the box and take photos.
Ask for the tracking number. Don't promise exact delivery times.""",
    [
        ("How long does delivery take?", "2 to 4"),
        ("How much is express shipping?", "12 dollars"),
        ("How can I track my package?", "swiftship dot com"),
        ("How heavy can a parcel be?", "30 kilograms"),
        ("What happens if I'm not home?", "pickup point"),
        ("How long do you keep it at the pickup point?", "7 days"),
        ("Can I change the delivery address?", "evening before"),
        ("Do you deliver on Saturdays?", "Saturday"),
        ("What if my parcel gets lost?", "100 dollars"),
        ("How long does a refund take?", "10 days"),
        ("My package arrived damaged", "photos"),
        ("Do you ship to Japan?", None),
        ("Can I pay with bitcoin?", None),
        ("Do you rent moving trucks?", None),
    ],
    [
        ("how long does the livery take", "2 to 4"),
        ("how much is ex press shipping", "12 dollars"),
        ("how can I trek my package", "swiftship dot com"),
        ("what happens if I'm not hum", "pickup point"),
        ("can I change the delivery a dress", "evening before"),
        ("what if my parcel gets loss", "100 dollars"),
        ("how long does a reef fund take", "10 days"),
    ],
)

REAL_ESTATE = Case(
    "real-estate screening",
    """Role: leasing assistant
Company: Harbor View Apartments

You screen people who ask about the apartment at 77 Harbor Road.

Facts:
- Rent: $2,150 per month
- Deposit: one month's rent
- Bedrooms: two bedrooms and one bathroom, 85 square meters
- Available: from June 1st
- Pets: cats are allowed, dogs are not
- Lease: 12 months minimum
- Utilities: water is included, electricity and heating are not
- Parking: one space in the garage for $120 per month
- The building has a gym and a laundry room.
- The nearest subway station is Bay Street, a five minute walk.
- Viewings are on Wednesdays and Saturdays.

Ask how many people will live there, when they want to move in, whether they have pets, and what their monthly income is. Finally get their name and phone number.""",
    [
        ("How much is the rent?", "2150"),
        ("How much is the deposit?", "one month"),
        ("How many bedrooms does it have?", "two bedrooms"),
        ("When is it available?", "June"),
        ("Can I have a dog?", "dogs are not"),
        ("How long is the lease?", "12 months"),
        ("Are utilities included?", "water is included"),
        ("Is heating included?", "heating are not"),
        ("Is there parking?", "garage"),
        ("Does the building have a gym?", "gym"),
        ("Where's the nearest subway?", "Bay Street"),
        ("When can I see it, when are the viewings?", "Wednesday"),
        ("Where is the apartment?", "77 Harbor"),
        ("Is there a swimming pool?", None),
        ("Who lives next door?", None),
    ],
    [
        ("how much is the rend", "2150"),
        ("how much is the the posit", "one month"),
        ("how many bed rooms", "two bedrooms"),
        ("are you till it ease included", "water is included"),
        ("how long is the least", "12 months"),
        ("does the building have a Jim", "gym"),
        ("where's the nearest sub way", "Bay Street"),
    ],
)

# Written before anything was tuned, and never looked at while tuning: what the others are worth shows here.
GYM = Case(
    "gym, held out",
    """You're the phone assistant of IronWorks Gym. Membership is $39 a month with no joining fee. A day pass costs $10.
We open at 6 in the morning and close at 11 at night, every day. Personal training is $60 an hour.
Yoga classes take place on Monday and Thursday evenings at 7. Members may bring a friend for free on Fridays.
Lockers are provided, but you need to bring your own padlock. The sauna is closed for repairs until May.
You can cancel your membership any month with 30 days' notice. Children under 16 are not admitted.
Speak naturally. If someone wants to join, ask for their full name and email address.""",
    [
        ("What does a membership cost?", "39"),
        ("Can I just come for one day, how much is that?", "10 dollars"),
        ("What time do you open?", "6 in the morning"),
        ("How late are you open?", "11 at night"),
        ("What's the price of a personal trainer?", "60"),
        ("When are the yoga classes?", "Thursday"),
        ("Can I bring a friend?", "Friday"),
        ("Do I need a padlock for the lockers?", "padlock"),
        ("Is the sauna working?", "sauna is closed"),
        ("How do I cancel my membership?", "30 days"),
        ("Can my kid come, he is twelve?", "under 16"),
        ("Do you have boxing?", None),
        ("Is there a juice bar?", None),
    ],
    [
        ("what does a member ship", "39"),
        ("what time do you oh pen", "6 in the morning"),
        ("when are the yogurt classes", "Thursday"),
        ("can I bring a fiend", "Friday"),
        ("is the sun a working", "sauna is closed"),
        ("how do I cancel my member", "30 days"),
        ("how much is a they pass", "10 dollars"),
    ],
)
PLUMBER = Case(
    "plumber, held out",
    """Act as the dispatcher for Rapid Plumbing Co. Call-out fee: $80, which covers the first half hour. After that it is $45 per half hour.
We serve the whole of Travis County. Emergency service is available around the clock. Usual waiting time is two hours.
All work has a one year warranty. We take cash, Visa and Mastercard but no checks. We install water heaters and dishwashers.
Estimates are free. Our technicians are licensed and insured. Ask what the problem is and get the address and a callback number.
Never quote a total price.""",
    [
        ("How much is the call out?", "80"),
        ("What do you charge after the first half hour?", "45"),
        ("Do you come to Travis County?", "Travis"),
        ("Can somebody come at night?", "around the clock"),
        ("How long do I have to wait?", "two hours"),
        ("Is there a guarantee on the work?", "warranty"),
        ("Can I pay by card?", "Visa"),
        ("Do you take checks?", "no checks"),
        ("Can you install a water heater?", "water heaters"),
        ("Is the estimate free?", "Estimates are free"),
        ("Are your people licensed?", "licensed"),
        ("Do you fix roofs?", None),
        ("Are you hiring?", None),
    ],
    [
        ("how much is the call doubt", "80"),
        ("do you take Czechs", "no checks"),
        ("can you in stall a water eater", "water heaters"),
        ("is the estimated free", "Estimates are free"),
        ("is there a warrant tea", "warranty"),
        ("how long do I have to weight", "two hours"),
    ],
)

SEEN = [DENTAL, REMINDER, SURVEY, RESTAURANT, DELIVERY, REAL_ESTATE]
HELD_OUT = [GYM, PLUMBER]
